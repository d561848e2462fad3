"""Images as a model's inputs."""

import operator
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, cast

import numpy as np

from kerasdl.data.examples import ArrayExamples, Examples
from kerasdl.data.images.decode import Decoder
from kerasdl.data.images.image_files import AT_ONCE, ImageFiles
from kerasdl.data.json_tuple import json_tuple
from kerasdl.data.preprocessing import Part, Preprocessing
from kerasdl.data.signature import Input, Signature
from kerasdl.data.targets import Origin, Targets

RESIDENT_BYTES = 1 << 30
"""Bytes of float32 images that may live in memory, and on the device."""


@dataclass(frozen=True)
class ImagePreprocessing(Preprocessing):
    """The size of images, and the statistics of their channels.

    Args:
        decoder: The form of the images.
        mean: Mean of each channel, of pixels from 0 to 1.
        scale: What each channel is divided by after the mean is subtracted.
    """

    decoder: Decoder
    mean: tuple[float, ...]
    scale: tuple[float, ...]

    @property
    def origins(self) -> tuple[Origin, ...]:
        """Given targets, or the images themselves."""
        return ("given", "inputs")

    @property
    def signature(self) -> Signature:
        """One float32 input of shape `(height, width, channels)`."""
        form = self.decoder
        return {"inputs": Input((form.height, form.width, form.channels))}

    def inputs(self, part: Part) -> np.ndarray:
        """Return normalised float32 images.

        Raises:
            DataError: If images are damaged.
            UnsafeError: If an image has too many pixels.
        """
        return self.normalised(part.raw.pixels(part.rows, self.decoder))

    def normalised(self, pixels: np.ndarray) -> np.ndarray:
        """Return float32 values of pixels, uint8 of shape `(images, …, channels)`."""
        factor = (1 / (255 * np.array(self.scale))).astype("float32")
        offset = (np.array(self.mean) / self.scale).astype("float32")
        return pixels * factor - offset

    def decoded(self, features: np.ndarray) -> dict[str, np.ndarray]:
        """Return reconstructed pixels from 0 to 255."""
        return {"reconstruction": (features * self.scale + self.mean) * 255}

    def examples(
        self, part: Part, targets: Targets, learning: bool = False
    ) -> Examples:
        """Return images in memory, or decoded for each batch if they take too much."""
        raw: ImageFiles = part.raw
        images = ImageExamples(self, part, None)
        if targets.origin == "given":
            y = targets.encode(raw.targets, part.rows, raw.source, "classes")
            images = ImageExamples(self, part, y)
        form = self.decoder
        values = len(part.rows) * form.height * form.width * form.channels
        if 4 * values > RESIDENT_BYTES:
            return images
        return ArrayExamples(*images.take(np.arange(len(images))))

    def to_json(self) -> dict[str, Any]:
        """Return the size and the statistics as JSON values."""
        return {**asdict(self.decoder), "mean": self.mean, "scale": self.scale}


@dataclass(frozen=True)
class ImageExamples(Examples):
    """Images that are decoded when they are taken.

    Args:
        preprocessing: The preprocessing.
        part: The images.
        y: Encoded targets of shape `(images, …)`; None if the images are the targets.
    """

    preprocessing: ImagePreprocessing
    part: Part
    y: np.ndarray | None

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.part.rows)

    def take(self, rows: np.ndarray, epoch: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Return the images and targets of some rows; every epoch is the same."""
        part = Part(self.part.raw, self.part.rows[rows])
        x = self.preprocessing.inputs(part)
        return x, x if self.y is None else self.y[rows]

    def targets(self) -> np.ndarray:
        """Return all targets."""
        return super().targets() if self.y is None else self.y


def statistics(
    train: Part, decoder: Decoder
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and standard deviation of each channel, of pixels from 0 to 1.

    They are sums of whole numbers, so that they do not depend on any order. A channel
    of one value alone gets the deviation 1.
    """
    total, squares, count = np.zeros(3, "int64"), np.zeros(3, "int64"), 0
    for pixels in _pieces(train, decoder):
        # A histogram of 256 values is exact, and quicker than sums of squares.
        for channel in range(decoder.channels):
            found = np.bincount(pixels[..., channel].ravel(), minlength=256)
            total[channel] += found @ np.arange(256)
            squares[channel] += found @ np.arange(256) ** 2
        count += pixels[..., 0].size
    mean = total[: decoder.channels] / count
    variance = squares[: decoder.channels] / count - mean**2
    deviation = np.sqrt(np.maximum(variance, 0)) / 255
    scale = np.where(deviation > 0, deviation, 1.0)
    return tuple((mean / 255).tolist()), tuple(scale.tolist())


def _pieces(part: Part, decoder: Decoder) -> Iterator[np.ndarray]:
    for start in range(0, len(part.rows), AT_ONCE):
        yield part.raw.pixels(part.rows[start : start + AT_ONCE], decoder)


def from_json(values: dict[str, Any]) -> ImagePreprocessing:
    """Return the preprocessing that `to_json` describes.

    Raises:
        KeyError, TypeError, ValueError: If the values are damaged.
    """
    fields = {**values}
    mean, scale = json_tuple(fields.pop("mean")), json_tuple(fields.pop("scale"))
    decoder = cast(Any, Decoder)(**fields)
    sides = operator.index(decoder.height), operator.index(decoder.width)
    if not all(0 < side <= 4_096 for side in sides):
        raise ValueError(f"images of {sides}")
    if decoder.channels not in (1, 3) or decoder.resize not in ("crop", "stretch"):
        raise ValueError("no such form of images")
    if not len(mean) == len(scale) == decoder.channels:
        raise ValueError("a channel has no statistics")
    if not (np.isfinite([*mean, *scale]).all() and min(scale) > 0):
        raise ValueError("a statistic of a channel is out of range")
    return ImagePreprocessing(decoder, mean, scale)
