"""The mean of some values, with a 95 % interval."""

from typing import Any

import numpy as np

CONFIDENCE = 0.95


def mean_interval(values: np.ndarray) -> tuple[float, float, float]:
    """Return the mean of values, and the bounds of its interval.

    If all are 0 or 1, the interval is Wilson's (1927), which stays between 0 and 1.
    Otherwise it is that of the central limit theorem.

    Args:
        values: Numbers or booleans of shape `(examples,)`, two or more.
    """
    mean, count = float(values.mean()), len(values)
    if np.isin(values, (0, 1)).all():
        from scipy.stats import binomtest

        trial: Any = binomtest(int(values.sum()), count)
        bounds = trial.proportion_ci(CONFIDENCE, "wilson")
        return mean, float(bounds.low), float(bounds.high)
    from scipy.special import ndtri

    deviate = float(ndtri((1 + CONFIDENCE) / 2))
    radius = deviate * float(values.std(ddof=1)) / count**0.5
    return mean, mean - radius, mean + radius
