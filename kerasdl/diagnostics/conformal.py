"""Split-conformal intervals for numbers."""

import math
from collections.abc import Sequence

import numpy as np

from kerasdl.data.targets import Level

COVERAGE = Level("coverage", 0.9, "intervals", "numbers")
MAX_RESIDUALS = 10_000
"""Residuals that are kept; of more, a random sample is as valid."""


def calibrate(residuals: np.ndarray) -> list[float]:
    """Return absolute residuals in ascending order, a sample of more than are kept.

    Args:
        residuals: Floats of shape `(examples,)`.
    """
    if len(residuals) > MAX_RESIDUALS:
        generator = np.random.default_rng(0)
        residuals = generator.choice(residuals, MAX_RESIDUALS, replace=False)
    return np.sort(np.abs(residuals)).tolist()


def radius(residuals: Sequence[float], coverage: float) -> float:
    """Return half the width of an interval that holds a new number.

    It is the ⌈(n + 1) · coverage⌉-th smallest of n absolute residuals. If the residuals
    and that of the new example are exchangeable, the interval holds the number with at
    least this probability. Lei et al. 2018, https://arxiv.org/abs/1604.04173, section
    2.2; Angelopoulos and Bates 2021, https://arxiv.org/abs/2107.07511, section 1.

    Args:
        residuals: From `calibrate`.
        coverage: The probability, in (0, 1).

    Raises:
        ValueError: If there are too few residuals; see `least_examples`.
    """
    place = math.ceil(round((len(residuals) + 1) * coverage, 9))
    if place > len(residuals):
        raise ValueError(f"{len(residuals)} residuals are too few for {coverage}")
    return residuals[place - 1]


def least_examples(coverage: float) -> int:
    """Return how many residuals a coverage needs."""
    return math.ceil(round(coverage / (1 - coverage), 9))
