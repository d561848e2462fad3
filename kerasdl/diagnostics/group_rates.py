"""Measures of each group, with intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasdl.data.measure import Measure
from kerasdl.diagnostics.slices import mean_and_radius

SMALLEST = 10
"""Examples of a mean, at least."""


@dataclass(frozen=True)
class Rate:
    """A measure of a group.

    Args:
        examples: The examples that the mean is over.
        value: The mean; None if there are fewer than `SMALLEST` examples.
        low: Lower bound of its 95 % interval.
        high: Upper bound of its 95 % interval.
    """

    examples: int
    value: float | None = None
    low: float | None = None
    high: float | None = None


def rate(measure: Measure, group: np.ndarray) -> Rate:
    """Return a measure of a group.

    The interval of a share is Wilson's. That of another mean is from the central limit
    theorem.

    Args:
        measure: The measure.
        group: The examples of the group, booleans of shape `(examples,)`.
    """
    values = measure.values[measure.among & group]
    if (count := len(values)) < SMALLEST:
        return Rate(count)
    if values.dtype == bool:
        from scipy.stats import binomtest

        hits = int(values.sum())
        bounds: Any = binomtest(hits, count).proportion_ci(0.95, "wilson")
        return Rate(count, hits / count, float(bounds.low), float(bounds.high))
    mean, radius = mean_and_radius(values.astype("float64"))
    return Rate(count, mean, mean - radius, mean + radius)


def group_rates(
    measures: Sequence[Measure], groups: Mapping[str, np.ndarray]
) -> dict[str, list[Rate]]:
    """Return each measure of each group, in the order of the measures."""
    return {
        name: [rate(measure, group) for measure in measures]
        for name, group in groups.items()
    }
