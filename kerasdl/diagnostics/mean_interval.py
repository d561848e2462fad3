"""The mean of some values, with a 95 % interval."""

from typing import Any

import numpy as np

CONFIDENCE = 0.95


def mean_interval(values: np.ndarray, is_share: bool) -> tuple[float, float, float]:
    """Return the mean of values, and the bounds of its interval.

    The interval of a share is Wilson's (1927), which stays between 0 and 1. That of
    another mean is from the central limit theorem.

    Args:
        values: Numbers or booleans of shape `(examples,)`, two or more.
        is_share: Whether all possible values are 0 and 1.
    """
    mean, count = float(values.mean()), len(values)
    if is_share:
        from scipy.stats import binomtest

        trial: Any = binomtest(int(values.sum()), count)
        bounds = trial.proportion_ci(CONFIDENCE, "wilson")
        return mean, float(bounds.low), float(bounds.high)
    from scipy.special import ndtri

    deviate = float(ndtri((1 + CONFIDENCE) / 2))
    radius = deviate * float(values.std(ddof=1)) / count**0.5
    return mean, mean - radius, mean + radius
