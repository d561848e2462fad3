"""Images as a model's inputs."""

import operator
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any, cast

import numpy as np

from kerasdl.data.examples import is_large
from kerasdl.data.images.augmentation import Augmentation
from kerasdl.data.images.crop import drawn_box
from kerasdl.data.images.form import Form
from kerasdl.data.images.image_files import ImageFiles
from kerasdl.data.json_tuple import json_tuple
from kerasdl.data.pictures import png
from kerasdl.data.preprocessing import Part, Portable, Preprocessing, Sample, Scaling
from kerasdl.data.row_chunks import row_chunks
from kerasdl.data.signature import Input, Signature
from kerasdl.data.streamed import StreamedExamples
from kerasdl.data.targets import Origin, Targets


@dataclass(frozen=True)
class ImagePreprocessing(Preprocessing):
    """The size of images, and the statistics of their channels.

    Args:
        form: The form of the images.
        mean: Mean of each channel, of pixels from 0 to 1.
        scale: What each channel is divided by after the mean is subtracted.
    """

    form: Form
    mean: tuple[float, ...]
    scale: tuple[float, ...]

    @property
    def origins(self) -> tuple[Origin, ...]:
        """Given targets, or the images themselves."""
        return ("given", "inputs")

    @property
    def signature(self) -> Signature:
        """One float32 input of shape `(height, width, channels)`."""
        return {"inputs": Input(self.form.shape)}

    def inputs(self, part: Part) -> np.ndarray:
        """Return normalised float32 images.

        Raises:
            DataError: If images are damaged.
            UnsafeError: If an image has too many pixels.
        """
        if self.form in part.raw.decoded:
            return self.normalised(part.raw.pixels(part.rows, self.form))
        x = np.empty((len(part.rows), *self.form.shape), "float32")

        def use(place: int, image: Any) -> None:
            self.normalised(np.asarray(image), x[place])

        part.raw.each(part.rows, self.form, use)
        return x

    def normalised(
        self, pixels: np.ndarray, into: np.ndarray | None = None
    ) -> np.ndarray:
        """Return float32 values of pixels, uint8 of shape `(images, …, channels)`.

        Args:
            pixels: The pixels.
            into: Where to write the values, of the same size.
        """
        if into is None:
            into = np.empty(pixels.shape, "float32")
        factor, offset = self._of_a_line
        lines = into.reshape(-1, len(factor))  # a view; short axes take longer
        np.multiply(pixels.reshape(lines.shape), factor, out=lines)
        lines -= offset
        return into

    @cached_property
    def _of_a_line(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the factor and the offset of every value of a row of pixels."""
        factor = (1 / (255 * np.array(self.scale))).astype("float32")
        offset = (np.array(self.mean) / self.scale).astype("float32")
        width = self.form.width
        return np.tile(factor, width), np.tile(offset, width)

    def decoded(self, features: np.ndarray) -> dict[str, np.ndarray]:
        """Return reconstructed pixels from 0 to 255."""
        return {"reconstruction": (features * self.scale + self.mean) * 255}

    def pictures(self, inputs: np.ndarray) -> np.ndarray:
        """Return the pixels of normalised images."""
        pixels = (inputs * self.scale + self.mean) * 255
        return np.round(pixels).clip(0, 255).astype("uint8")

    def examples(
        self, part: Part, targets: Targets, learning: bool = False
    ) -> "ImageExamples":
        """Return images, and their targets if the task is given some."""
        raw: ImageFiles = part.raw
        if targets.origin != "given" or (labels := raw.targets) is None:
            return ImageExamples(self, part, None)
        name = "classes" if raw.given is None else "y"
        y = targets.encode(labels, part.rows, raw.source, name)
        return ImageExamples(self, part, y)

    @property
    def portable(self) -> Portable:
        """A script that reads image files."""
        return Portable("images", "photo.jpg", ("pillow",))

    def scaling(self) -> Scaling:
        """Return the statistics, for pixels from 0 to 255."""
        mean, scale = (255 * np.array(each) for each in (self.mean, self.scale))
        return Scaling("uint8", mean.astype("float32"), scale.astype("float32"))

    def sample(self, part: Part) -> Sample:
        """Return images of the size that the model sees, as PNG files."""
        pixels = enumerate(part.raw.pixels(part.rows, self.form))
        files = {f"sample-{number}.png": png(each) for number, each in pixels}
        is_whole = self.form.crop_pct == 1  # else the script crops again
        return Sample([*files], files, len(files) if is_whole else 0)

    def to_json(self) -> dict[str, Any]:
        """Return the size and the statistics as JSON values."""
        return {**asdict(self.form), "mean": self.mean, "scale": self.scale}


@dataclass(frozen=True)
class ImageExamples(StreamedExamples):
    """Images that are decoded when they are taken.

    Args:
        preprocessing: The preprocessing.
        part: The images.
        y: Encoded targets of shape `(images, …)`; None if the images are the targets.
        augmentation: What changes in them from epoch to epoch; None for nothing.
        seed: The seed of the run.
    """

    preprocessing: ImagePreprocessing
    augmentation: Augmentation | None = None
    seed: int = 0

    def take(self, rows: np.ndarray, epoch: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Return the images and targets of some rows."""
        if self.augmentation is None:
            return super().take(rows, epoch)
        x = self._augmented(self.augmentation, self.part.rows[rows], epoch)
        return x, x if self.y is None else self.y[rows]

    def _augmented(
        self, chosen: Augmentation, numbers: np.ndarray, epoch: int
    ) -> np.ndarray:
        """Return normalised images as they are in an epoch."""
        from kerasdl.data.images.augment import augmented  # Pillow

        boxes, rows, form = None, numbers.tolist(), self.preprocessing.form
        if chosen.crop < 1:
            boxes = [drawn_box(chosen.crop, self.seed, epoch, row) for row in rows]
        x = np.empty((len(rows), *form.shape), "float32")

        def use(place: int, image: Any) -> None:
            pixels = augmented(image, chosen, self.seed, epoch, rows[place])
            self.preprocessing.normalised(pixels, x[place])

        self.part.raw.each(numbers, form, use, boxes)
        return x

    @property
    def takes_long(self) -> bool:
        """Whether images are decoded or augmented when they are taken."""
        is_kept = self.preprocessing.form in self.part.raw.decoded
        return self.augmentation is not None or not is_kept

    def plain(self) -> "ImageExamples":
        """Return the images without augmentation."""
        return replace(self, augmentation=None)

    def targets(self) -> np.ndarray | None:
        """Return all targets; None if they are images that are too many for memory."""
        if self.y is not None:
            return self.y
        whole = self.plain().resident()
        return None if whole is None else whole[1]

    def resident(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Return all images and targets.

        None if epochs differ, or if the images of all parts are too many for memory.
        """
        count, shape = len(self.part.raw.names), self.preprocessing.form.shape
        if self.augmentation is not None or is_large((count, *shape)):
            return None
        return self._all

    @cached_property
    def _all(self) -> tuple[np.ndarray, np.ndarray]:
        return self.take(np.arange(len(self)))


def statistics(train: Part, form: Form) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and standard deviation of each channel, of pixels from 0 to 1.

    They are sums of whole numbers, so that they do not depend on any order. A channel
    of one value alone gets the deviation 1.
    """
    total, squares, count = np.zeros(3, "int64"), np.zeros(3, "int64"), 0
    for rows in row_chunks(train.rows, form.shape):
        pixels = train.raw.pixels(rows, form)
        # A histogram of 256 values is exact, and quicker than sums of squares.
        for channel in range(form.channels):
            found = np.bincount(pixels[..., channel].ravel(), minlength=256)
            total[channel] += found @ np.arange(256)
            squares[channel] += found @ np.arange(256) ** 2
        count += pixels[..., 0].size
    mean = total[: form.channels] / count
    variance = squares[: form.channels] / count - mean**2
    deviation = np.sqrt(np.maximum(variance, 0)) / 255
    scale = np.where(deviation > 0, deviation, 1.0)
    return tuple((mean / 255).tolist()), tuple(scale.tolist())


def from_json(values: dict[str, Any]) -> ImagePreprocessing:
    """Return the preprocessing that `to_json` describes.

    Raises:
        KeyError, TypeError, ValueError: If the values are damaged.
    """
    fields = {**values}
    mean, scale = json_tuple(fields.pop("mean")), json_tuple(fields.pop("scale"))
    form = cast(Any, Form)(**fields)
    sides = operator.index(form.height), operator.index(form.width)
    if not all(0 < side <= 4_096 for side in sides):
        raise ValueError(f"images of {sides}")
    if not 0 < form.crop_pct <= 1:
        raise ValueError("crop_pct is out of range")
    if form.interpolation not in ("bilinear", "bicubic"):
        raise ValueError("no such interpolation")
    if form.channels not in (1, 3) or form.resize not in ("crop", "stretch"):
        raise ValueError("no such form of images")
    if not len(mean) == len(scale) == form.channels:
        raise ValueError("a channel has no statistics")
    if not (np.isfinite([*mean, *scale]).all() and min(scale) > 0):
        raise ValueError("a statistic of a channel is out of range")
    return ImagePreprocessing(form, mean, scale)
