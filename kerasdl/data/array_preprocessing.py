"""Encoding of arrays, fitted on a training split."""

import io
import operator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from kerasdl.data.arrays import Arrays
from kerasdl.data.examples import ArrayExamples, Examples, is_large
from kerasdl.data.preprocessing import Part, Portable, Preprocessing, Sample, Scaling
from kerasdl.data.row_chunks import row_chunks
from kerasdl.data.signature import Input, Signature
from kerasdl.data.standardise import (
    FARTHEST,
    mean_and_scale,
    mean_and_scale_of_rows,
    standardised,
)
from kerasdl.data.streamed import StreamedExamples
from kerasdl.data.targets import Origin, Targets
from kerasdl.errors import DataError

FARTHEST_MEAN = 100
"""Deviations from 0 to the mean up to which float32 keeps five digits of each."""


@dataclass(frozen=True)
class ArrayPreprocessing(Preprocessing):
    """Mean and scale of the inputs of a training split.

    Args:
        input_shape: Shape of one input.
        mean: Value subtracted from inputs; broadcasts against `input_shape`.
        scale: Value that inputs are divided by; same shape as `mean`.
    """

    input_shape: tuple[int, ...]
    mean: np.ndarray
    scale: np.ndarray

    @property
    def origins(self) -> tuple[Origin, ...]:
        """Given targets, or the inputs themselves."""
        return ("given", "inputs")

    @property
    def signature(self) -> Signature:
        """One float32 input."""
        return {"inputs": Input(self.input_shape)}

    def inputs(self, part: Part) -> np.ndarray:
        """Return standardised float32 inputs.

        Raises:
            DataError: If inputs do not have the model's input shape, or if a
                standardised value is not a finite float32 or is `FARTHEST` or more
                from the mean.
        """
        raw: Arrays = part.raw
        if raw.x.shape[1:] != self.input_shape:
            what = f"inputs of {raw.source} have shape {raw.x.shape[1:]}"
            raise DataError(what, f"the model takes {self.input_shape}")
        unchanged = not self.mean.any() and (self.scale == 1).all()
        bound = np.inf if unchanged else FARTHEST
        name = f"x{raw.suffix}"
        return standardised(
            raw.x, part.rows, self.mean, self.scale, bound, name, raw.source
        )

    def decoded(self, features: np.ndarray) -> dict[str, np.ndarray]:
        """Return inputs in the units of the data, float64 of the same shape."""
        return {"reconstruction": features * self.scale + self.mean}

    def feature_groups(self) -> dict[str, np.ndarray]:
        """Return each feature of inputs that have one axis."""
        if len(self.input_shape) != 1:
            return {}
        return {f"x[{n}]": each for n, each in enumerate(np.eye(*self.input_shape) > 0)}

    def examples(
        self, part: Part, targets: Targets, learning: bool = False
    ) -> Examples:
        """Return standardised inputs and encoded targets.

        Large data are standardised here, so that all errors are known, and again when
        they are taken.
        """
        raw: Arrays = part.raw
        y = None
        if targets.origin != "inputs":
            y = targets.encode(raw.y, part.rows, raw.source, f"y{raw.suffix}")
        if not is_large(raw.x.shape):
            x = self.inputs(part)
            return ArrayExamples(x, x if y is None else y)
        for rows in row_chunks(part.rows, raw.x.shape[1:]):
            self.inputs(Part(raw, rows))
        return StreamedExamples(self, part, y)

    @property
    def portable(self) -> Portable:
        """A script that reads `.npy` files."""
        return Portable("arrays", "x.npy")

    def scaling(self) -> Scaling | None:
        """Return mean and scale, unless float32 would round values that are far off."""
        if (np.abs(self.mean) > FARTHEST_MEAN * self.scale).any():
            return None
        with np.errstate(over="ignore"):
            mean, scale = self.mean.astype("float32"), self.scale.astype("float32")
        if not (np.isfinite([mean, scale]).all() and (scale > 0).all()):
            return None
        return Scaling("float32", mean, scale)

    def sample(self, part: Part) -> Sample:
        """Return examples as an `.npy` file."""
        content = io.BytesIO()
        np.save(content, part.raw.x[part.rows], allow_pickle=False)
        return Sample(
            ["sample.npy"], {"sample.npy": content.getvalue()}, len(part.rows)
        )

    def to_json(self) -> dict[str, Any]:
        """Return the statistics as JSON values."""
        values = asdict(self)
        return values | {"mean": self.mean.tolist(), "scale": self.scale.tolist()}

    def check(self) -> None:
        """Raise `TypeError` or `ValueError` unless `fit` could have returned this."""
        shape = self.input_shape
        if not all(operator.index(side) > 0 for side in shape):
            raise ValueError(f"input_shape is {shape}")
        if self.mean.shape != self.scale.shape or (
            np.broadcast_shapes(self.mean.shape, shape) != shape
        ):
            raise ValueError(f"mean of shape {self.mean.shape} for inputs of {shape}")
        if not (np.isfinite(self.mean).all() and np.isfinite(self.scale).all()):
            raise ValueError("a mean or a scale is not finite")
        if not (self.scale > 0).all():
            raise ValueError("a scale is not positive")


def statistics(train: Part, axes: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and scale of training examples over axes; large ones by chunks."""
    x = train.raw.x
    if is_large(x.shape):
        return mean_and_scale_of_rows(x, train.rows, axes)
    return mean_and_scale(x[train.rows], axes)
