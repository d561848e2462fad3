"""Several numbers as target."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasdl.data.measure import Measure
from kerasdl.data.target_error import in_column
from kerasdl.data.targets import Errors, Pair
from kerasdl.diagnostics import conformal
from kerasdl.figures import Figure
from kerasdl.tasks.numbers import Numbers
from kerasdl.tasks.target_columns import TargetColumns, check_columns

MOST_SHOWN = 3
"""Numbers of each example that a report shows."""


@dataclass(frozen=True)
class NumberColumns(TargetColumns):
    """Several numbers, each standardised by itself.

    Args:
        columns: Statistics of each number.
        names: Name of each; empty if the data have none.
    """

    level = conformal.COVERAGE
    columns: tuple[Numbers, ...]
    names: tuple[str, ...] = ()

    @property
    def num_outputs(self) -> int:
        """One for each number."""
        return len(self.columns)

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return `(targets,)`."""
        return (self.num_outputs,)

    @property
    def output_range(self) -> tuple[float, ...] | None:
        """The least and the greatest of each number, standardised."""
        ranges = [column.output_range for column in self.columns]
        if None in ranges:
            return None
        return tuple(bound for each in ranges for bound in each or ())

    def check(self) -> None:
        """Raise `TypeError` or `ValueError` unless these are statistics of targets."""
        if not self.columns:
            raise ValueError("there are no targets")
        for column in self.columns:
            column.check()
        self.check_names()

    def encode(
        self, raw: np.ndarray, rows: np.ndarray, source: str, name: str = "y"
    ) -> np.ndarray:
        """Return standardised float32 targets of shape `(examples, targets)`."""
        check_columns(raw, name, source, self.num_outputs)
        encoded = []
        for place, column in enumerate(self.columns):
            with in_column(place):
                encoded.append(column.encode(raw[:, place], rows, source, name))
        return np.concatenate(encoded, axis=1)

    def decode(self, encoded: np.ndarray) -> np.ndarray:
        """Return encoded targets or outputs in the units of the data, same shape."""
        return np.stack([c.decode(each) for c, each in self._split(encoded)], axis=-1)

    def standardised(self, numbers: np.ndarray) -> np.ndarray:
        """Return the outputs of a model that predicts numbers, as `decode` reads them."""
        encoded = [c.standardised(each[:, 0]) for c, each in self._split(numbers)]
        return np.concatenate(encoded, axis=1)

    def _split(self, numbers: np.ndarray) -> list[tuple[Numbers, np.ndarray]]:
        """Return each number's statistics and its part, of shape `(examples, 1)`."""
        parts = np.split(numbers, self.num_outputs, axis=1)
        return [*zip(self.columns, parts, strict=True)]

    def predictions(
        self, inputs: np.ndarray, outputs: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Return a column for each number, in the units of the data."""
        decoded = self.decode(outputs)
        return {
            f"prediction {name}": decoded[:, place]
            for place, name in enumerate(self.all_names)
        }

    def residuals(self, encoded: np.ndarray, outputs: np.ndarray) -> np.ndarray:
        """Return the errors of each number in the units of the data."""
        return self.decode(encoded) - self.decode(outputs)

    def calibrated(
        self,
        inputs: np.ndarray,
        outputs: np.ndarray,
        residuals: Sequence[Sequence[float]],
        level: float | None,
    ) -> dict[str, np.ndarray]:
        """Return the bounds of each number, if there is a coverage."""
        bounds: dict[str, np.ndarray] = {}
        parts = zip(self.all_names, self._split(outputs), residuals, strict=True)
        for name, (column, part), own in parts:
            found = column.calibrated(inputs, part, [own], level)
            bounds |= {f"{bound} {name}": each for bound, each in found.items()}
        return bounds

    def score(self, encoded: np.ndarray, outputs: np.ndarray) -> dict[str, float]:
        """Return R² and mean errors: the mean of those of each number."""
        from kerasdl.diagnostics.scores import regression_scores

        return regression_scores(self.decode(encoded), self.decode(outputs))

    def undefined(self, encoded: np.ndarray) -> dict[str, str]:
        """Return the scores that are undefined for one of the numbers."""
        reasons: dict[str, str] = {}
        for (column, part), name in zip(
            self._split(encoded), self.all_names, strict=True
        ):
            for score, reason in column.undefined(part).items():
                reasons.setdefault(score, f"{reason} in {name!r}")
        return reasons

    def score_resamples(
        self, name: str, encoded: np.ndarray, outputs: np.ndarray, counts: np.ndarray
    ) -> np.ndarray | None:
        """Return the mean over the numbers of R² or the mean absolute error."""
        pairs = zip(self._split(encoded), self._split(outputs), strict=True)
        found = [
            column.score_resamples(name, y, predicted, counts)
            for (column, y), (_, predicted) in pairs
        ]
        if any(each is None for each in found):
            return None
        return np.mean(np.array(found), axis=0)

    def measures(self, encoded: np.ndarray, outputs: np.ndarray) -> list[Measure]:
        """Return the mean absolute error and the mean error of each number."""
        from kerasdl.diagnostics.group_measures import error_measures

        y, predicted = self.decode(encoded), self.decode(outputs)
        return [
            measure
            for n, name in enumerate(self.all_names)
            for measure in error_measures(y[:, n], predicted[:, n], name)
        ]

    def details(self, encoded: np.ndarray, outputs: np.ndarray) -> dict[str, Any]:
        """Return the scores of each number."""
        pairs = zip(self._split(encoded), self._split(outputs), strict=True)
        found = [column.score(y, predicted) for (column, y), (_, predicted) in pairs]
        return {"by_target": dict(zip(self.all_names, found, strict=True))}

    def figures(self, test: Pair, validation: Pair | None) -> list[Figure]:
        """Return predictions against targets, errors and intervals of some numbers."""
        from kerasdl.diagnostics.number_figures import number_figures

        y, predicted = map(self.decode, test)
        residuals = None if validation is None else self.residuals(*validation)
        figures: list[Figure] = []
        for n, name in enumerate(self.all_names[:MOST_SHOWN]):
            own = None if residuals is None else residuals[:, n]
            figures += number_figures(y[:, n], predicted[:, n], own, name)
        return figures

    def errors(self, encoded: np.ndarray, outputs: np.ndarray) -> Errors:
        """Return the mean error of the numbers, each in units of its deviation."""
        size = np.abs(encoded.astype("float64") - outputs).mean(axis=1)
        y, predicted = self.decode(encoded), self.decode(outputs)
        columns = {}
        for n, name in enumerate(self.all_names[:MOST_SHOWN]):
            columns |= {
                f"target {name}": y[:, n],
                f"prediction {name}": predicted[:, n],
            }
        return Errors("mean standardised error", size, False, size, columns)
