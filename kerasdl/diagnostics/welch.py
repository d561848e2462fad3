"""Whether the means of two samples differ by more than chance."""

import math
from collections.abc import Sequence

import numpy as np

from kerasdl.diagnostics.bootstrap import COVERAGE, Margin


def welch_interval(first: Sequence[float], second: Sequence[float]) -> Margin:
    """Return the interval of the mean of a sample minus that of another.

    The samples may have other sizes and spreads: Welch 1947,
    https://doi.org/10.1093/biomet/34.1-2.28.

    Args:
        first: At least two numbers.
        second: At least two numbers.
    """
    from scipy.stats import t

    variances = [np.var(each, ddof=1) / len(each) for each in (first, second)]
    difference = float(np.mean(first) - np.mean(second))
    if not sum(variances):
        return Margin(difference, difference)
    freedom = sum(variances) ** 2 / sum(
        variance**2 / (len(each) - 1)
        for variance, each in zip(variances, (first, second), strict=True)
    )
    half = float(t.ppf((1 + COVERAGE) / 2, freedom)) * math.sqrt(sum(variances))
    return Margin(difference - half, difference + half)
