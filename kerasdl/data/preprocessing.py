"""How inputs and targets are standardised, kept so that new data is treated alike."""

import operator
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from kerasdl.data.check import place
from kerasdl.errors import DataError

ROWS = 4096
"""Rows treated at a time, which bounds the memory that float64 takes."""
FARTHEST = 2.0**24
"""Standard deviations from the mean from which on float32 resolves none of them: what a
model has learned of a feature is lost in rounding."""
SMALLEST = float(np.sqrt(np.finfo("float64").tiny))
"""The least standard deviation whose square float64 can hold."""


@dataclass(frozen=True)
class Preprocessing:
    """Statistics of the training split.

    Args:
        task: `"classification"`, `"regression"` or `"reconstruction"`.
        input_shape: Shape of one input.
        num_outputs: Classes, 1 for regression, or None for reconstruction.
        mean: Subtracted from inputs; shape broadcasts against `input_shape`.
        scale: Inputs are divided by it; the same shape as `mean`.
        target_mean: Subtracted from regression targets.
        target_scale: Regression targets are divided by it.
    """

    task: str
    input_shape: tuple[int, ...]
    num_outputs: int | None
    mean: np.ndarray
    scale: np.ndarray
    target_mean: float = 0.0
    target_scale: float = 1.0

    vocabulary_size = None
    """Numbers are no tokens."""

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Return the shape of a model's output for one input."""
        return self.input_shape if self.num_outputs is None else (self.num_outputs,)

    def inputs(self, x: np.ndarray, source: str, name: str = "x") -> np.ndarray:
        """Return inputs as the model takes them: standardised float32.

        Args:
            x: Inputs of shape `(examples, …)`.
            source: Where they come from, for messages.
            name: What they are called there.

        Raises:
            DataError: If one input has another shape than the model takes, or is, once
                standardised, no finite float32 or `FARTHEST` from the mean.
        """
        if x.shape[1:] != self.input_shape:
            what = f"inputs of {source} have shape {x.shape[1:]}"
            raise DataError(what, f"the model takes {self.input_shape}")
        as_they_are = not self.mean.any() and (self.scale == 1).all()
        bound = np.inf if as_they_are else FARTHEST
        return _standardised(x, self.mean, self.scale, bound, name, source)

    def targets(self, y: np.ndarray, source: str, name: str = "y") -> np.ndarray:
        """Return targets as the loss takes them: int32 labels, or float32 `(n, 1)`.

        Args:
            y: Targets of shape `(examples,)`.
            source: Where they come from, for messages.
            name: What they are called there.

        Raises:
            DataError: If a number is, once standardised, no finite float32 or
                `FARTHEST` from the mean.
        """
        if self.task == "classification":
            return y.astype("int32")
        statistics = np.array(self.target_mean), np.array(self.target_scale)
        return _standardised(y, *statistics, FARTHEST, name, source)[:, None]

    def original_targets(self, values: np.ndarray) -> np.ndarray:
        """Return targets in their own units, from what `targets` or a model gave.

        Classes, and inputs to reconstruct, stay as they are.
        """
        if self.task != "regression":
            return values
        return values[:, 0].astype("float64") * self.target_scale + self.target_mean

    def to_json(self) -> dict[str, Any]:
        """Return the statistics as JSON values."""
        values = asdict(self)
        return values | {"mean": self.mean.tolist(), "scale": self.scale.tolist()}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Preprocessing":
        """Return the statistics that `to_json` gave.

        Raises:
            KeyError, TypeError, ValueError: If it is damaged.
        """
        converted: dict[str, Any] = {
            "input_shape": tuple(values["input_shape"]),
            "mean": np.array(values["mean"], "float64"),
            "scale": np.array(values["scale"], "float64"),
        }
        found = cls(**{**values, **converted})
        found._check()
        return found

    def _check(self) -> None:
        """Raise `TypeError` or `ValueError` unless `fit` could have made it."""
        if self.task not in ("classification", "regression", "reconstruction"):
            raise ValueError(f"task is {self.task!r}")
        if self.num_outputs is not None and not operator.index(self.num_outputs) > 0:
            raise ValueError(f"num_outputs is {self.num_outputs}")
        if (self.num_outputs is None) != (self.task == "reconstruction"):
            raise ValueError(f"{self.task} has {self.num_outputs} outputs")
        shape = self.input_shape
        if not all(operator.index(side) > 0 for side in shape):
            raise ValueError(f"input_shape is {shape}")
        if self.mean.shape != self.scale.shape or (
            np.broadcast_shapes(self.mean.shape, shape) != shape
        ):
            raise ValueError(f"mean of shape {self.mean.shape} for inputs of {shape}")
        numbers = np.append(self.mean, [self.target_mean, self.target_scale])
        if not (np.isfinite(numbers).all() and np.isfinite(self.scale).all()):
            raise ValueError("a mean or a scale is not finite")
        if not ((self.scale > 0).all() and self.target_scale > 0):
            raise ValueError("a scale is not positive")


def _standardised(
    values: np.ndarray,
    mean: np.ndarray,
    scale: np.ndarray,
    bound: float,
    name: str,
    source: str,
) -> np.ndarray:
    """Return `(values - mean) / scale` in float32, all of it less than `bound`."""
    treated = np.empty(values.shape, "float32")
    for start in range(0, len(values), ROWS):
        rows = slice(start, start + ROWS)
        with np.errstate(over="ignore", invalid="ignore"):
            # In float64, or a small spread around a large mean would be rounded away.
            exact = (values[rows].astype("float64") - mean) / scale
            treated[rows] = exact
        good = np.abs(treated[rows]) < bound
        if not good.all():
            first = np.argwhere(~good)[0]
            value, standard = values[rows][tuple(first)], exact[tuple(first)]
            first[0] += start
            what = f"{name} is {value} at {place(first)} in {source}, {standard:.3g}"
            raise DataError(
                f"{what} once standardised, too far from the training data for float32",
                "drop those rows, fix the column, or train on data that vary so",
            )
    return treated


def fit(
    x: np.ndarray, y: np.ndarray, task: str, num_outputs: int | None, standardize: str
) -> Preprocessing:
    """Return the statistics of a training split.

    Features that never vary, or by no more than rounding does (two units in the last
    place of their dtype), keep a scale of 1. Images without a channel axis count as
    one channel.

    Args:
        x: Inputs of shape `(examples, …)`.
        y: Targets of shape `(examples,)`; not looked at unless they are numbers.
        task: As in `Preprocessing`.
        num_outputs: As in `Preprocessing`.
        standardize: `"feature"`, `"channel"` or `"none"`.
    """
    if standardize == "none":
        mean, scale = np.zeros(()), np.ones(())
    else:
        by_channel = standardize == "channel"
        axes = tuple(range(x.ndim - (x.ndim != 3))) if by_channel else (0,)
        mean, scale = _mean_and_scale(x, axes)
    statistics = Preprocessing(task, x.shape[1:], num_outputs, mean, scale)
    if task != "regression":
        return statistics
    target_mean, target_scale = _mean_and_scale(y, (0,))
    return replace(
        statistics, target_mean=float(target_mean), target_scale=float(target_scale)
    )


def _mean_and_scale(
    values: np.ndarray, axes: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    mean = values.mean(axes, dtype="float64")
    scale = values.std(axes, dtype="float64")
    low, high = values.min(axes), values.max(axes)
    varies = (high > low) & (scale > SMALLEST)
    if values.dtype.kind == "f":
        last_place = np.spacing(np.maximum(np.abs(low), np.abs(high)))
        varies &= high - low > 2 * last_place
    return mean, np.where(varies, scale, 1.0)
