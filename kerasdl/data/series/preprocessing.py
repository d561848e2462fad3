"""Windows of series as inputs of a model, fitted on training steps."""

import operator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from kerasdl.data.examples import Examples
from kerasdl.data.preprocessing import Part, Portable, Preprocessing, Sample
from kerasdl.data.series.raw_series import RawSeries
from kerasdl.data.signature import Input, Past, Signature
from kerasdl.data.table import preprocessing as tables
from kerasdl.data.table.columns import NumberColumn
from kerasdl.data.table.preprocessing import TablePreprocessing
from kerasdl.data.targets import Targets

MAX_WINDOW = 65_536
STRETCHES = 12
DRAWN_BYTES = 1 << 28
"""Windows that take more are drawn from their series for each batch."""


@dataclass(frozen=True)
class WindowExamples(Examples):
    """Windows and what follows them, drawn from their series when they are taken.

    Args:
        features: float32 features of all steps, of shape `(steps, features)`.
        followed: Encoded targets of all steps, float32 of shape `(steps, targets)`.
        rows: The step after each window, of shape `(examples,)`.
        window: Steps of a window.
        horizon: Steps to predict.
    """

    features: np.ndarray
    followed: np.ndarray
    rows: np.ndarray
    window: int
    horizon: int

    def __len__(self) -> int:
        """Return the number of windows."""
        return len(self.rows)

    def take(self, rows: np.ndarray, epoch: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Return windows `(batch, window, features)` and targets; epochs are equal.

        Targets have the shape `(batch, horizon * targets)`, step by step.
        """
        first = self.rows[rows]
        windows = self.features[steps_before(first, self.window)]
        return windows, self._following(first)

    def _following(self, first: np.ndarray) -> np.ndarray:
        steps = first[:, None] + np.arange(self.horizon)
        return self.followed[steps].reshape(len(first), -1)

    def targets(self) -> np.ndarray | None:
        """Return all targets; None if windows are drawn for each batch."""
        return self._following(self.rows) if self._is_small else None

    def resident(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Return all windows and targets; None if they take `DRAWN_BYTES` or more."""
        return self._all if self._is_small else None

    @property
    def _is_small(self) -> bool:
        numbers = self.window * self.features.shape[1]
        numbers += self.horizon * self.followed.shape[1]
        return 4 * len(self) * numbers < DRAWN_BYTES

    @cached_property
    def _all(self) -> tuple[np.ndarray, np.ndarray]:
        return self.take(np.arange(len(self)))


def steps_before(rows: np.ndarray, window: int) -> np.ndarray:
    """Return the `window` steps before each row, of shape `(rows, window)`."""
    return rows[:, None] + np.arange(-window, 0)


@dataclass(frozen=True)
class SeriesPreprocessing(Preprocessing):
    """Encodings of the columns of series, and the length of a window.

    Args:
        columns: The encodings; those of the targets come first.
        window: Steps of a window.
        naive_errors: For each target, the mean absolute difference of a training step to
            the one a season before.
    """

    columns: TablePreprocessing
    window: int
    naive_errors: tuple[float, ...]

    @property
    def signature(self) -> Signature:
        """One float32 input of shape `(window, features)`."""
        [only] = self.columns.signature.values()
        of_targets = self.columns.columns[: len(self.naive_errors)]
        past = tuple(
            Past(column.name, column.mean, column.scale or 1.0, error)
            for column, error in zip(of_targets, self.naive_errors, strict=True)
            if isinstance(column, NumberColumn)
        )
        return {"inputs": Input((self.window, *only.shape), past=past)}

    def inputs(self, part: Part) -> np.ndarray:
        """Return float32 windows of shape `(rows, window, features)`.

        Raises:
            DataError: As `TablePreprocessing.inputs`.
        """
        steps = steps_before(part.rows, self.window)
        features = self.columns.inputs(Part(part.raw, steps.ravel()))
        return features.reshape(*steps.shape, -1)

    def feature_groups(self) -> dict[str, np.ndarray]:
        """Return the steps of each column; of a single one, about `STRETCHES` stretches."""
        columns = self.columns.feature_groups()
        [only] = self.signature.values()
        if len(columns) > 1:
            return {
                name: np.broadcast_to(features, only.shape)
                for name, features in columns.items()
            }
        groups = {}
        for steps in np.array_split(
            np.arange(self.window), min(STRETCHES, self.window)
        ):
            first, last = self.window - steps[0], self.window - steps[-1]
            name = f"{first}–{last} steps before" if first > last else f"{first} before"
            groups[name] = np.zeros(only.shape, bool)
            groups[name][steps] = True
        return groups

    def examples(
        self, part: Part, targets: Targets, learning: bool = False
    ) -> WindowExamples:
        """Return windows and their encoded targets."""
        raw: RawSeries = part.raw
        if targets not in raw.known:
            raw.known[targets] = encoded_steps(raw, targets)
        if self not in raw.known:
            raw.known[self] = self.columns.inputs(Part(raw, np.arange(len(raw.table))))
        features, followed = raw.known[self], raw.known[targets]
        return WindowExamples(features, followed, part.rows, self.window, raw.horizon)

    @property
    def portable(self) -> Portable:
        """The script for CSV files, which knows windows."""
        note = "A file holds the steps of one series, the oldest first."
        return Portable("table", "steps.csv", note=note)

    def sample(self, part: Part) -> Sample:
        """Return the steps before the first row as a CSV file."""
        steps = steps_before(part.rows[:1], self.window)[0]
        arguments, files, _ = self.columns.sample(Part(part.raw, steps))
        return Sample(arguments, files, examples=1)

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        others = {"window": self.window, "naive_errors": [*self.naive_errors]}
        return self.columns.to_json() | others


def encoded_steps(raw: RawSeries, targets: Targets) -> np.ndarray:
    """Return the encoded targets of every step, float32 of shape `(steps, targets)`.

    A target is encoded alike however far ahead it is. So each step is encoded once, not
    once for each window that it follows.

    Raises:
        DataError: If the model cannot predict one of them.
    """
    last = len(raw.values) - raw.horizon
    rows = np.append(np.arange(0, last, raw.horizon), last)
    name = ", ".join(map(repr, raw.target_names))
    encoded = targets.encode(raw.targets, rows, raw.source, name)
    followed = np.empty(raw.values.shape, encoded.dtype)
    followed[rows[:, None] + np.arange(raw.horizon)] = encoded.reshape(
        len(rows), raw.horizon, -1
    )
    return followed


def from_json(values: dict[str, Any]) -> SeriesPreprocessing:
    """Return the preprocessing that `to_json` describes.

    Raises:
        KeyError, TypeError, ValueError: If the values are damaged.
    """
    columns = tables.from_json({"columns": values["columns"]})
    window, errors = values["window"], tuple(values["naive_errors"])
    if not 0 < operator.index(window) <= MAX_WINDOW:
        raise ValueError(f"window is {window}")
    if not all(type(each) is float and 0 <= each < np.inf for each in errors):
        raise ValueError(f"naive_errors is {errors}")
    of_targets = columns.columns[: len(errors)]
    if not errors or len(of_targets) < len(errors):
        raise ValueError(f"there are {len(errors)} targets")
    for column in of_targets:
        if not isinstance(column, NumberColumn) or column.marks_missing:
            raise TypeError(f"the target {column.name!r} is not a number")
    return SeriesPreprocessing(columns, window, errors)


def training_steps(train: Part, window: int) -> np.ndarray:
    """Return which steps are in a training window or its targets, of shape `(steps,)`."""
    raw: RawSeries = train.raw
    changes = np.zeros(len(raw.table) + 1, int)
    np.add.at(changes, train.rows - window, 1)
    np.add.at(changes, train.rows + raw.horizon, -1)
    return np.cumsum(changes[:-1]) > 0


def naive_errors(raw: RawSeries, steps: np.ndarray, lag: int) -> tuple[float, ...]:
    """Return the mean absolute difference of each target to that `lag` steps before.

    Hyndman & Koehler 2006, https://doi.org/10.1016/j.ijforecast.2006.03.001, section 3.

    Args:
        raw: The series.
        steps: Which steps count, of shape `(steps,)`.
        lag: Steps of a season, or 1.
    """
    both = steps[lag:] & steps[:-lag] & (raw.runs[lag:] == raw.runs[:-lag])
    changes = np.abs(raw.values[lag:] - raw.values[:-lag])[both]
    return tuple(changes.mean(axis=0).tolist()) if len(changes) else ()
