"""Images in a folder for each class, or named in a table."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from operator import attrgetter
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np

from kerasdl.config.rules import InsteadOf, Range
from kerasdl.data.corrupted import Corrupted
from kerasdl.data.duplicates import duplicates
from kerasdl.data.images import preprocessing
from kerasdl.data.images.augmentation import STANDARD, Augmentation
from kerasdl.data.images.corrupted_pixels import corrupted_pixels
from kerasdl.data.images.form import Form
from kerasdl.data.images.image_files import ImageFiles
from kerasdl.data.images.image_folder import all_images, labelled_images
from kerasdl.data.images.image_table import image_table
from kerasdl.data.images.preprocessing import (
    ImageExamples,
    ImagePreprocessing,
    statistics,
)
from kerasdl.data.kinds.folder_parts import folder_findings, folder_parts, own_test
from kerasdl.data.kinds.named_in_table import NamedInTableKind
from kerasdl.data.kinds.own_test import sources
from kerasdl.data.parts import Parts
from kerasdl.data.preprocessing import Part
from kerasdl.errors import ConfigError, DataError
from kerasdl.finding import Finding

FIXED = {
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "inception": ((0.5,) * 3, (0.5,) * 3),
    "symmetric": ((127 / 255,) * 3, (128 / 255,) * 3),
}
"""Mean and standard deviation of the channels, of pixels from 0 to 1: those of ImageNet,
and two that make of them numbers from about -1 to 1."""


@dataclass(frozen=True)
class ImagesKind(NamedInTableKind):
    """Images in a folder for each class, which may stand in `train`, `val` and `test`.

    Or a table that names them, with their targets and what decides the split.
    """

    kind: Literal["images"] = "images"
    """Kind of the examples; inferred from `name` by default."""
    size: Annotated[int, Range(4, 4_096)] = 64
    """Height and width that every image gets, in pixels."""
    resize: Literal["crop", "stretch"] = "crop"
    """What becomes of images that are not square: the middle is cut out (`crop`), or
    all is squeezed (`stretch`)."""
    crop_pct: Annotated[float, Range(0, 1, open_low=True)] = 1.0
    """Share of the shorter side that `crop` keeps; 0.875 is usual of published weights."""
    colors: Literal["auto", "rgb", "gray"] = "auto"
    """Channels of the images: red, green and blue, or gray. `auto` takes gray if no
    image has colours."""
    interpolation: Literal["bilinear", "bicubic"] = "bilinear"
    """How an image of another size gets this one."""
    normalize: Literal[
        "auto", "channel", "imagenet", "inception", "symmetric", "none"
    ] = "auto"
    """Subtract a mean from each channel and divide it by a deviation: those of the
    training images (`channel`), those of ImageNet, a half each (`inception`), 127 and 128
    of 255 (`symmetric`), or 0 and 1. `auto` is `imagenet` for coloured images with `augment = "standard"`, else
    `channel`."""
    mean: Annotated[tuple[float, ...], InsteadOf("normalize")] = ()
    """Mean of each channel, of pixels from 0 to 1; it needs `deviation`."""
    deviation: tuple[float, ...] = ()
    """What each channel is divided by after the mean is subtracted."""
    augment: Literal["none", "standard"] = "none"
    """Change the training images from epoch to epoch: `standard` mirrors half of them,
    turns them by up to 10°, and changes brightness and contrast by up to 0.2."""
    flip: Literal["auto"] | bool = "auto"
    """Whether half of the training images are mirrored from left to right."""
    rotation: Literal["auto"] | Annotated[float, Range(0, 180)] = "auto"
    """Largest angle by which they are turned, in degrees."""
    shift: Literal["auto"] | Annotated[float, Range(0, 1)] = "auto"
    """Largest shift, as a fraction of the side."""
    zoom: Literal["auto"] | Annotated[float, Range(0, 0.5)] = "auto"
    """Largest change of scale: things get `1 - zoom` to `1 + zoom` times as large."""
    crop: Literal["auto"] | Annotated[float, Range(0, 1, open_low=True)] = "auto"
    """Least share of the area that is cut out and enlarged; 1 keeps all."""
    brightness: Literal["auto"] | Annotated[float, Range(0, 1)] = "auto"
    """Largest change of the brightness, as a fraction of it."""
    contrast: Literal["auto"] | Annotated[float, Range(0, 1)] = "auto"
    """Largest change of the contrast."""
    saturation: Literal["auto"] | Annotated[float, Range(0, 1)] = "auto"
    """Largest change of the saturation."""
    erasing: Literal["auto"] | Annotated[float, Range(0, 1)] = "auto"
    """Probability that a rectangle becomes noise."""
    rand_augment: Literal["auto"] | Annotated[int, Range(0, 16)] = "auto"
    """Number of operations of RandAugment."""
    rand_magnitude: Literal["auto"] | Annotated[float, Range(0, 1)] = "auto"
    """Strength of these operations; 0.3 by default."""

    FOLDER: ClassVar = "a folder of images"
    ORIGINS: ClassVar = ("given", "inputs")
    PRESETS: ClassVar = ("cnn",)

    def read(self) -> ImageFiles:
        """Return the images of the folder or of the table, each with its target.

        Raises:
            DataError: If there is no image, an image has no target, or some stand in no
                folder of a part.
            UnsafeError: If a link or a path leads out of the folder.
        """
        if not self.is_table:
            given = self.origin == "given"
            return self.with_test(labelled_images(Path(self.name), given))
        table = self.read_table()
        images = image_table(table, self.path, self.targets_of(table))
        return self.with_test(images)

    def read_inputs(self) -> ImageFiles:
        """Return all images of the folder or of the table, whose targets may be absent."""
        if self.is_table:
            return image_table(self.read_table(), self.path, None)
        return all_images(Path(self.name))

    def check(self, raw: ImageFiles) -> None:
        """Decode every image once.

        Raises:
            DataError: If images are damaged; names up to 20 of them.
            UnsafeError: If an image has too many pixels.
        """
        for each in sources(raw):
            each.check(self._form(raw))

    def check_new(
        self,
        raw: ImageFiles,
        preprocessing: ImagePreprocessing,
        inputs_only: bool = False,
    ) -> None:
        """Decode every image once, as the model will see it."""
        for each in sources(raw):
            each.check(preprocessing.form)

    def _form(self, raw: ImageFiles) -> Form:
        gray = self.colors == "gray" or (self.colors == "auto" and raw.are_gray)
        channels = 1 if gray else 3
        return self._of_channels(channels)

    def _of_channels(self, channels: Literal[1, 3]) -> Form:
        ways = self.resize, self.interpolation, self.crop_pct
        return Form(self.size, self.size, channels, *ways)

    def parts(self, raw: ImageFiles, stratify: bool, seed: int) -> Parts:
        """Split as folders or a column say; the rest is held out at random.

        Raises:
            DataError: If there are too few images, or none to learn from.
        """
        labels = raw.targets if stratify else None
        test = None if raw.test is None else self.new(raw)
        if raw.part:
            return folder_parts(self, raw, labels, test, seed)
        return self.split_table(raw, labels, test, seed)

    def findings(self, raw: ImageFiles, parts: Parts) -> list[Finding]:
        """Return how folders split the images, what was left out, and copies."""
        found = [*self.table_findings(raw, parts), *folder_findings(raw, parts)]
        keys, place = attrgetter("keys"), lambda images, row: images.names[row]
        return [*found, *duplicates(parts, "image", keys, place)]

    def fit(self, train: Part) -> ImagePreprocessing:
        """Return the form of the images, and the statistics of their channels."""
        form = self._form(train.raw)
        count = form.channels
        normalize = self.normalize
        if normalize == "auto":
            named = self.augment == "standard" and count == 3
            normalize = "imagenet" if named else "channel"
        if normalize == "channel" and not self.mean:
            return ImagePreprocessing(form, *statistics(train, form))
        mean, deviation = self._given(normalize, count)
        if len(mean) != count:
            what = f"the images of {train.raw.source} are gray"
            what += f", and data.normalize is {self.normalize!r}"
            raise DataError(what, "set data.colors to 'rgb', or data.normalize")
        return ImagePreprocessing(form, mean, deviation)

    def _given(
        self, normalize: str, count: int
    ) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Return statistics that need no images."""
        if self.mean:
            return self.mean, self.deviation
        if normalize == "none":
            return (0.0,) * count, (1.0,) * count
        return FIXED[normalize]

    def encoding_keys(self, run: Path, fitted: dict[str, Any]) -> dict[str, Any]:
        """Return the form of the images, and the statistics of their channels."""
        keys = {
            name: fitted[name]
            for name in ("resize", "interpolation", "crop_pct")
            if name in fitted
        }
        keys |= {"size": fitted["height"], "deviation": fitted["scale"]}
        keys |= {"mean": fitted["mean"]}
        keys["colors"] = "rgb" if fitted["channels"] == 3 else "gray"
        return {f"data.{key}": value for key, value in keys.items()}

    def without_data(self) -> ImagePreprocessing:
        """Return the form of the images, and statistics that have a name.

        Raises:
            ConfigError: If the statistics are those of training images.
        """
        if not self.mean and self.normalize not in {*FIXED, "none"}:
            what = f"data.normalize (={self.normalize!r}) needs training images"
            raise ConfigError(what, f"set it to {' or '.join(FIXED)}")
        return ImagePreprocessing(self._of_channels(3), *self._given(self.normalize, 3))

    @property
    def augmentation(self) -> Augmentation | None:
        """What changes in the training images; None for nothing."""
        usual = STANDARD if self.augment == "standard" else Augmentation()
        given = {field.name: getattr(self, field.name) for field in fields(usual)}
        chosen = {name: value for name, value in given.items() if value != "auto"}
        wanted = replace(usual, **chosen)
        still = replace(Augmentation(), rand_magnitude=wanted.rand_magnitude)
        return None if wanted == still else wanted

    def training_examples(self, examples: ImageExamples, seed: int) -> ImageExamples:
        """Return the training images, which may change from epoch to epoch."""
        return replace(examples, augmentation=self.augmentation, seed=seed)

    def new(self, raw: ImageFiles) -> Part:
        """Return the images of their own test set if there is one, else all."""
        return own_test(raw) or super().new(raw)

    def corrupted(
        self, part: Part, preprocessing: ImagePreprocessing, seed: int
    ) -> Iterator[Corrupted]:
        """Yield images with noise or blur, or of another brightness or contrast."""
        form, rows = preprocessing.form, np.arange(len(part.rows))
        pixels = part.raw.pixels(part.rows, form) / 255
        for name, severity, changed in corrupted_pixels(pixels, part.rows, seed):
            decoded = {form: np.round(255 * changed).astype("uint8")}
            yield Corrupted(
                name, severity, Part(replace(part.raw, decoded=decoded), rows)
            )

    def describe(self, part: Part) -> dict[str, np.ndarray]:
        """Return the path of each image in the folder, or all columns of the table."""
        if part.raw.table is not None:
            return super().describe(part)
        return {"image": np.array(part.raw.names, object)[part.rows]}

    def faults(self) -> list[ConfigError]:
        """Return errors for keys that have no meaning in the task or without others."""
        faults = super().faults()
        if self.rand_magnitude != "auto" and self.rand_augment in ("auto", 0):
            what = f"data.rand_magnitude (={self.rand_magnitude}) has no meaning"
            hint = "set data.rand_augment above 0, or remove it"
            faults.append(ConfigError(what, hint))
        if self.mean or self.deviation:
            faults += self._faults_of_statistics()
        if self.colors == "gray" and self.normalize in FIXED:
            what = (
                f"data.normalize (={self.normalize!r}) has no meaning for gray images"
            )
            faults.append(ConfigError(what, "set data.colors or data.normalize"))
        return faults

    def _faults_of_statistics(self) -> list[ConfigError]:
        """Return an error if mean and deviation are not those of the channels."""
        count = 1 if self.colors == "gray" else 3
        given = self.mean, self.deviation
        if all(len(each) == count for each in given) and min(self.deviation) > 0:
            return []
        what = f"data.mean (={[*self.mean]}) and data.deviation (={[*self.deviation]})"
        hint = f"give {count} numbers each, all deviations above 0"
        return [ConfigError(f"{what} are not those of {self.colors} images", hint)]

    @classmethod
    def preprocessing_from_json(cls, values: dict[str, Any]) -> ImagePreprocessing:
        """Return the preprocessing that `to_json` describes."""
        return preprocessing.from_json(values)
