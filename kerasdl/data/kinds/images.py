"""Images in a folder for each class."""

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np

from kerasdl.config.rules import Range
from kerasdl.data.duplicates import duplicates
from kerasdl.data.folder import Found, class_of, find_files, parts_of
from kerasdl.data.images import preprocessing
from kerasdl.data.images.augmentation import STANDARD, Augmentation
from kerasdl.data.images.form import SUFFIXES, Form
from kerasdl.data.images.image_files import ImageFiles
from kerasdl.data.images.preprocessing import (
    ImageExamples,
    ImagePreprocessing,
    statistics,
)
from kerasdl.data.kinds.kind import Kind
from kerasdl.data.kinds.split_rows import split_rows
from kerasdl.data.parts import Parts
from kerasdl.data.preprocessing import Part
from kerasdl.data.split import at_random
from kerasdl.data.wrong_places import named
from kerasdl.errors import ConfigError, DataError
from kerasdl.finding import Finding

IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Mean and standard deviation of the channels of ImageNet, of pixels from 0 to 1."""


@dataclass(frozen=True)
class ImagesKind(Kind):
    """Images in a folder for each class, which may stand in `train`, `val` and `test`."""

    kind: Literal["images"] = "images"
    """Kind of the examples; inferred from `name` by default."""
    size: Annotated[int, Range(4, 4_096)] = 64
    """Height and width that every image gets, in pixels."""
    resize: Literal["crop", "stretch"] = "crop"
    """What becomes of images that are not square: the middle is cut out (`crop`), or
    all is squeezed (`stretch`)."""
    colors: Literal["auto", "rgb", "gray"] = "auto"
    """Channels of the images: red, green and blue, or gray. `auto` takes gray if all
    training images are gray."""
    normalize: Literal["auto", "channel", "imagenet", "none"] = "auto"
    """Subtract a mean from each channel and divide it by a deviation: those of the
    training images, those of ImageNet, or 0 and 1. `auto` is `imagenet` for coloured
    images with `augment = "standard"`, else `channel`."""
    augment: Literal["none", "standard"] = "none"
    """Change the training images from epoch to epoch: `standard` mirrors half of them,
    turns them by up to 10°, and changes brightness and contrast by up to 0.2."""
    flip: Literal["auto"] | bool = "auto"
    """Whether half of the training images are mirrored from left to right."""
    rotation: Literal["auto"] | Annotated[float, Range(0, 180)] = "auto"
    """Largest angle by which they are turned, in degrees."""
    shift: Literal["auto"] | Annotated[float, Range(0, 1)] = "auto"
    """Largest shift, as a fraction of the side."""
    zoom: Literal["auto"] | Annotated[float, Range(0, 1, open_high=True)] = "auto"
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

    @classmethod
    def claims(cls, name: str) -> bool:
        """Return whether the name is that of a folder."""
        try:
            return bool(name) and Path(name).is_dir()
        except (OSError, ValueError):
            return False

    @property
    def file(self) -> Path | None:
        """Path of the folder."""
        return Path(self.name) if self.name else None

    def check_source(self) -> None:
        """Check that the folder exists."""
        if not self.name:
            super().check_source()
        if not self.claims(self.name):
            what = f"no folder at {self.name}"
            raise DataError(what, "give the path of a folder of images")

    def read(self) -> ImageFiles:
        """Return the images of the folder, each with the class of its folder.

        Raises:
            DataError: If the folder holds no image, or an image has no class.
            UnsafeError: If a link leads out of the folder.
        """
        found = find_files(Path(self.name), SUFFIXES, "image")
        part = parts_of(found.names)
        if self.origin != "given":
            return _files(self.name, found, (), part)
        labels = [class_of(name, bool(part)) for name in found.names]
        named = zip(found.names, labels, strict=True)
        if without := [name for name, label in named if not label]:
            what = f"{len(without):,} images of {self.name} are in no folder of a class"
            hint = "give each class a folder, such as cats/1.jpg and dogs/1.jpg"
            raise DataError(f"{what}, the first is {without[0]}", hint)
        return _files(self.name, found, tuple(labels), part)

    def read_inputs(self) -> ImageFiles:
        """Return all images of the folder."""
        return _files(self.name, find_files(Path(self.name), SUFFIXES, "image"), (), ())

    def check(self, raw: ImageFiles) -> None:
        """Decode every image once.

        Raises:
            DataError: If images are damaged; names up to 20 of them.
            UnsafeError: If an image has too many pixels.
        """
        raw.check(self._form(raw))

    def _form(self, raw: ImageFiles) -> Form:
        gray = self.colors == "gray" or (self.colors == "auto" and raw.are_gray)
        return Form(self.size, self.size, 1 if gray else 3, self.resize)

    def parts(self, raw: ImageFiles, stratify: bool, seed: int) -> Parts:
        """Split as the folders say; what they leave open is held out at random.

        Raises:
            DataError: If there are too few images, or none to learn from.
        """
        labels = raw.targets if stratify else None
        if not raw.part:
            rows = np.arange(len(raw.names))
            return split_rows(self, raw, rows, labels, None, seed)
        part = np.array(raw.part)
        train, validation, test = (
            np.flatnonzero(part == name) for name in ("train", "validation", "test")
        )
        if not len(train):
            what = f"{raw.source} has no training images, but folders of other parts"
            raise DataError(what, "add a folder named train")
        own_test = Part(raw, test) if len(test) else None
        if not len(validation):
            return split_rows(self, raw, train, labels, own_test, seed)
        how = "as the folders say"
        if own_test is None:
            rule = at_random(labels, seed, raw.source)
            train, test = rule(train, fraction=self.test_fraction, part="test")
            own_test, how = Part(raw, test), f"{how}, the test set at random"
        return Parts(Part(raw, train), Part(raw, validation), own_test, how)

    def findings(self, raw: ImageFiles, parts: Parts) -> list[Finding]:
        """Return how folders split the images, what was left out, and copies."""
        found = []
        if raw.part:
            found.append(Finding("split", f"split {parts.how}", severity="info"))
        if count := len(raw.skipped):
            what = (
                f"{count:,} entries of {raw.source} are left out: {named(raw.skipped)}"
            )
            found.append(Finding("images", what, "remove them, or ignore this"))
        names = raw.names.__getitem__
        return [*found, *duplicates(parts, "image", raw.digests, raw.labels, names)]

    def fit(self, train: Part) -> ImagePreprocessing:
        """Return the form of the images, and the statistics of their channels."""
        form = self._form(train.raw)
        count = form.channels
        normalize = self.normalize
        if normalize == "auto":
            named = self.augment == "standard" and count == 3
            normalize = "imagenet" if named else "channel"
        if normalize == "none":
            return ImagePreprocessing(form, (0.0,) * count, (1.0,) * count)
        if normalize == "channel":
            return ImagePreprocessing(form, *statistics(train, form))
        if count == 1:
            what = f"the images of {train.raw.source} are gray, ImageNet's are not"
            raise DataError(what, "set data.colors to 'rgb', or data.normalize")
        return ImagePreprocessing(form, *IMAGENET)

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
        """Return the images of the folder `test` if there is one, else all."""
        rows = np.arange(len(raw.names))
        own = rows[np.array(raw.part) == "test"] if raw.part else rows[:0]
        return Part(raw, own if len(own) else rows)

    def describe(self, part: Part) -> dict[str, np.ndarray]:
        """Return the path of each image in the folder."""
        return {"image": np.array(part.raw.names, object)[part.rows]}

    def faults(self) -> list[ConfigError]:
        """Return errors for keys that have no meaning in the task or without others."""
        if self.rand_magnitude == "auto" or self.rand_augment not in ("auto", 0):
            return super().faults()
        what = f"data.rand_magnitude (={self.rand_magnitude}) has no meaning"
        hint = "set data.rand_augment above 0, or remove it"
        return [*super().faults(), ConfigError(what, hint)]

    @classmethod
    def preprocessing_from_json(cls, values: dict[str, Any]) -> ImagePreprocessing:
        """Return the preprocessing that `to_json` describes."""
        return preprocessing.from_json(values)


def _files(
    source: str, found: Found, labels: tuple[str, ...], part: tuple[str, ...]
) -> ImageFiles:
    return ImageFiles(source, tuple(found.names), labels, part, tuple(found.skipped))
