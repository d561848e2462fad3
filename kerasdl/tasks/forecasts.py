"""Several steps of one or more numbers as target."""

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from kerasdl.data.targets import Pair
from kerasdl.figures import Figure
from kerasdl.tasks.number_columns import NumberColumns


@dataclass(frozen=True)
class Forecasts(NumberColumns):
    """Numbers of several steps, each in the units of the deviation of its series.

    Columns stand step by step, so that those of a step are next to one another.

    Args:
        naive_errors: For each column, the mean absolute difference of a training step
            to the one a season before.
        horizon: Steps; each has as many columns.
    """

    naive_errors: tuple[float, ...] = ()
    horizon: int = 1

    @property
    def count(self) -> int:
        """How many numbers are forecast."""
        return self.num_outputs // self.horizon

    @property
    def output_range(self) -> None:
        """None: a series may leave the range of its past."""
        return

    def named(self, names: Sequence[str]) -> Self:
        """Return the same: names of columns say their step as well."""
        return self

    def check(self) -> None:
        """Raise `TypeError` or `ValueError` unless these are statistics of targets."""
        super().check()
        errors = self.naive_errors
        if not all(type(each) is float and 0 <= each < np.inf for each in errors):
            raise TypeError("a naive error is not a finite number from 0")
        if len(errors) != self.num_outputs:
            raise ValueError(f"{self.num_outputs} columns, {len(errors)} naive errors")
        if operator.index(self.horizon) < 1 or self.num_outputs % self.horizon:
            raise ValueError(f"{self.num_outputs} columns in {self.horizon} steps")

    def score(self, encoded: np.ndarray, outputs: np.ndarray) -> dict[str, float]:
        """Return R² and mean errors, also the absolute one in units of the naive error.

        Hyndman & Koehler 2006, https://doi.org/10.1016/j.ijforecast.2006.03.001,
        section 3.
        """
        scores = super().score(encoded, outputs)
        if all(self.naive_errors):
            errors = np.abs(self.residuals(encoded, outputs)).mean(axis=0)
            scaled = errors / self.naive_errors
            scores["mean_absolute_scaled_error"] = float(scaled.mean())
        return scores

    def undefined(self, encoded: np.ndarray) -> dict[str, str]:
        """Return the scores that are undefined for one of the columns."""
        undefined = super().undefined(encoded)
        if not all(self.naive_errors):
            reason = "all training steps equal those a season before"
            undefined["mean_absolute_scaled_error"] = reason
        return undefined

    def score_resamples(
        self, name: str, encoded: np.ndarray, outputs: np.ndarray, counts: np.ndarray
    ) -> None:
        """Return None: windows overlap, so that they are no independent examples."""
        return

    def figures(self, test: Pair, validation: Pair | None) -> list[Figure]:
        """Return the error of each step, some windows, and the errors of the first."""
        from kerasdl.diagnostics.forecast_figures import forecast_figures

        y, predicted = map(self.decode, test)
        names = [name.rpartition(" ")[0] or name for name in self.all_names]
        shown = forecast_figures(y, predicted, self.horizon, names[: self.count])
        return [*shown, *super().figures(test, validation)]
