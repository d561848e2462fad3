"""A number as target."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kerasdl.data.arrays import check_numbers, check_vector
from kerasdl.data.measure import Measure
from kerasdl.data.standardise import FARTHEST, standardised
from kerasdl.data.target_error import TargetError
from kerasdl.data.targets import Errors, Pair, Targets
from kerasdl.diagnostics import conformal
from kerasdl.figures import Figure


@dataclass(frozen=True)
class Numbers(Targets):
    """Mean and scale of the targets of a training split.

    Args:
        mean: Value subtracted from targets.
        scale: Value that targets are divided by.
        low: The least target; None in runs of earlier versions.
        high: The greatest target; None in runs of earlier versions.
    """

    level = conformal.COVERAGE
    mean: float
    scale: float
    low: float | None = None
    high: float | None = None

    @property
    def num_outputs(self) -> int:
        """One number."""
        return 1

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return `(1,)`."""
        return (1,)

    @property
    def output_range(self) -> tuple[float, ...] | None:
        """The least and the greatest target, standardised."""
        if self.low is None or self.high is None:
            return None
        low, high = ((each - self.mean) / self.scale for each in (self.low, self.high))
        return low, high

    def check(self) -> None:
        """Raise `TypeError` or `ValueError` unless these are statistics of targets."""
        known = [self.mean, self.scale, self.low or 0, self.high or 0]
        if bool in map(type, known):
            raise TypeError("a statistic of the targets is not a number")
        if not np.isfinite(known).all():
            raise ValueError("a statistic of the targets is not finite")
        if self.scale <= 0:
            raise ValueError("the scale of the targets is not positive")
        if self.output_range and self.output_range[0] > self.output_range[1]:
            raise ValueError("the least target is above the greatest one")

    def encode(
        self, raw: np.ndarray, rows: np.ndarray, source: str, name: str = "y"
    ) -> np.ndarray:
        """Return standardised float32 targets of shape `(examples, 1)`."""
        check_finite(raw, name, source)
        far = np.abs(raw[rows].astype("float64") - self.mean) / self.scale >= FARTHEST
        if far.any():
            rule = ", too far from the training data for float32"
            hint = "drop those rows, fix them, or train on data with this range"
            raise TargetError(raw, rows[far], source, rule, hint, name)
        statistics = np.array(self.mean), np.array(self.scale)
        encoded = standardised(raw, rows, *statistics, FARTHEST, name, source)
        return encoded[:, None]

    def decode(self, encoded: np.ndarray) -> np.ndarray:
        """Return encoded targets or model outputs in the units of the data.

        A number that differs from 0 by the rounding of float32 alone is 0.
        """
        numbers = encoded[:, 0].astype("float64") * self.scale + self.mean
        rounding = np.finfo("float32").eps * abs(self.mean)
        return np.where(np.abs(numbers) <= rounding, 0.0, numbers)

    def predictions(
        self, inputs: np.ndarray, outputs: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Return the numbers in the units of the data."""
        return {"prediction": self.decode(outputs)}

    def residuals(self, encoded: np.ndarray, outputs: np.ndarray) -> np.ndarray:
        """Return the errors in the units of the data."""
        return self.decode(encoded) - self.decode(outputs)

    def calibrated(
        self,
        inputs: np.ndarray,
        outputs: np.ndarray,
        residuals: Sequence[Sequence[float]],
        level: float | None,
    ) -> dict[str, np.ndarray]:
        """Return the bounds `low` and `high` of intervals, if there is a coverage."""
        if level is None:
            return {}
        predicted, radius = self.decode(outputs), conformal.radius(residuals[0], level)
        return {"low": predicted - radius, "high": predicted + radius}

    def standardised(self, numbers: np.ndarray) -> np.ndarray:
        """Return the outputs of a model that predicts numbers, as `decode` reads them."""
        return ((numbers - self.mean) / self.scale)[:, None]

    def score(self, encoded: np.ndarray, outputs: np.ndarray) -> dict[str, float]:
        """Return R² and mean errors, in the units of the data."""
        from kerasdl.diagnostics.scores import regression_scores

        return regression_scores(self.decode(encoded), self.decode(outputs))

    def undefined(self, encoded: np.ndarray) -> dict[str, str]:
        """Return R² of equal targets, and the percentage error of targets of 0."""
        from kerasdl.diagnostics.scores import undefined_for_numbers

        return undefined_for_numbers(self.decode(encoded))

    def figures(self, test: Pair, validation: Pair | None) -> list[Figure]:
        """Return predictions against targets, errors and intervals."""
        from kerasdl.diagnostics.number_figures import number_figures

        residuals = None if validation is None else self.residuals(*validation)
        y, predicted = map(self.decode, test)
        return number_figures(y, predicted, residuals)

    def explained(self, outputs: np.ndarray) -> np.ndarray:
        """Return 0, as there is one number."""
        return np.zeros(len(outputs), int)

    def errors(self, encoded: np.ndarray, outputs: np.ndarray) -> Errors:
        """Return the absolute errors, in the units of the data."""
        y, predicted = self.decode(encoded), self.decode(outputs)
        size = np.abs(y - predicted)
        columns = {"target": y, "prediction": predicted, "error": predicted - y}
        return Errors("mean absolute error", size, False, size, columns)

    def measures(self, encoded: np.ndarray, outputs: np.ndarray) -> list[Measure]:
        """Return the mean absolute error and the mean error, in the units of the data."""
        from kerasdl.diagnostics.group_measures import error_measures

        return error_measures(self.decode(encoded), self.decode(outputs))

    def score_resamples(
        self, name: str, encoded: np.ndarray, outputs: np.ndarray, counts: np.ndarray
    ) -> np.ndarray | None:
        """Return R² or the mean absolute error of resamples."""
        from kerasdl.diagnostics.bootstrap import mean_of_resamples, r2_of_resamples

        y, predicted = self.decode(encoded), self.decode(outputs)
        if name == "mean_absolute_error":
            return mean_of_resamples(np.abs(y - predicted), counts)
        return r2_of_resamples(y, predicted, counts) if name == "r2_score" else None


def check_finite(raw: np.ndarray, name: str, source: str) -> None:
    """Raise `DataError` unless there is one finite float32 per example."""
    check_vector(raw, name, source)
    if raw.dtype.kind == "f":
        with np.errstate(over="ignore"):
            finite = np.isfinite(raw.astype("float32", copy=False))
        if not finite.all():
            rule = ", not a finite float32"
            hint = "drop those rows, fill them in, or rescale"
            rows = np.flatnonzero(~finite)
            raise TargetError(raw, rows, source, rule, hint, name)
    check_numbers(raw, name, source)
