"""Measures of each group, with intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kerasdl.data.measure import Measure
from kerasdl.diagnostics.mean_interval import mean_interval

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

    Args:
        measure: The measure.
        group: The examples of the group, booleans of shape `(examples,)`.
    """
    values = measure.values[measure.among & group]
    if (count := len(values)) < SMALLEST:
        return Rate(count)
    return Rate(count, *mean_interval(values.astype("float64"), values.dtype == bool))


def group_rates(
    measures: Sequence[Measure], groups: Mapping[str, np.ndarray]
) -> dict[str, list[Rate]]:
    """Return each measure of each group, in the order of the measures."""
    return {
        name: [rate(measure, group) for measure in measures]
        for name, group in groups.items()
    }
