"""Series to forecast, before preprocessing."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from kerasdl.data.table.table import Table


class Gap(NamedTuple):
    """A gap in a series.

    Args:
        series: Number of the series.
        step: The step after which it follows, a row of the table.
    """

    series: int
    step: int


@dataclass(frozen=True)
class RawSeries:
    """Series to forecast, one after another in a table that is sorted by time.

    A row number stands for a forecast: `window` steps before that row are seen, and
    `horizon` steps from it on are predicted.

    Args:
        table: The steps of all series, sorted.
        target_names: Names of the columns to predict.
        values: The targets of every step, float64 of shape `(steps, targets)`.
        starts: First row of each series, of shape `(series,)`.
        names: Name of each series; empty if there is one without a name.
        times: Time of each step as text, of shape `(steps,)`; None without times.
        gaps: The gaps, in the order of the table.
        horizon: Steps to predict.
        ends_only: Whether forecasts of what follows the last steps are wanted, not
            examples.
        known: What was derived from the table, such as its features, by what derived it.
    """

    table: Table
    target_names: tuple[str, ...]
    values: np.ndarray
    starts: np.ndarray
    names: tuple[str, ...] = ()
    times: np.ndarray | None = None
    gaps: tuple[Gap, ...] = ()
    horizon: int = 1
    ends_only: bool = False
    known: dict[Any, Any] = field(default_factory=dict)

    @property
    def source(self) -> str:
        """Path of the file."""
        return self.table.source

    @property
    def ends(self) -> np.ndarray:
        """The row after the last one of each series, of shape `(series,)`."""
        return np.append(self.starts[1:], len(self.table))

    @cached_property
    def runs(self) -> np.ndarray:
        """Number of the stretch without a gap that each step is in, `(steps,)`."""
        begins = np.zeros(len(self.table), int)
        begins[self.starts] = 1
        begins[[gap.step + 1 for gap in self.gaps]] = 1
        return np.cumsum(begins)

    @property
    def targets(self) -> np.ndarray:
        """What each row has to predict: its step and those after it.

        A view of shape `(rows, horizon * targets)`, step by step; no rows if there are
        fewer steps than a horizon.
        """
        count = self.values.shape[1]
        if len(self.values) < self.horizon:
            return np.empty((0, self.horizon * count))
        views = np.lib.stride_tricks.sliding_window_view(
            self.values.ravel(), self.horizon * count
        )
        return views[::count]

    def sha256(self) -> str:
        """Return a digest that identifies the data."""
        return self.table.sha256()

    def called(self, series: int) -> str:
        """Return how a message calls a series."""
        return f"series {self.names[series]!r}" if self.names else self.source

    def of(self, row: int) -> int:
        """Return the number of the series that a row is in."""
        return int(np.searchsorted(self.starts, row, "right")) - 1

    def time(self, row: int) -> str:
        """Return the time of a step, or its place in the source."""
        return self.table.place(row) if self.times is None else str(self.times[row])

    def lengths(self) -> Iterator[tuple[int, int, int]]:
        """Yield number, first row and end of each series."""
        bounds = zip(self.starts.tolist(), self.ends.tolist(), strict=True)
        for number, (start, end) in enumerate(bounds):
            yield number, start, end
