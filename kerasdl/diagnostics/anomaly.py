"""How unusual an error is among those of a validation split."""

from collections.abc import Sequence

import numpy as np

from kerasdl.data.targets import Level

THRESHOLD = Level("threshold", 0.99, "flags of anomalies", "reconstructions")
ROUNDING = 1e-5
"""Relative difference of errors that counts as rounding, as between backends."""


def error_quantiles(errors: np.ndarray, calibration: Sequence[float]) -> np.ndarray:
    """Return which share of the errors of a validation split is smaller.

    Of n errors, k smaller ones give k / (n + 1). This is 1 minus the conformal p-value:
    if the errors and the new one are exchangeable, at most a share of 1 - t of new
    examples has a quantile of t or more. Bates et al. 2023,
    https://arxiv.org/abs/2104.08279, section 1. Errors that are equal but for rounding
    are not smaller.

    Args:
        errors: Floats of shape `(examples,)`, not negative.
        calibration: The n errors of the validation split in ascending order.

    Returns:
        Floats of shape `(examples,)` in [0, 1).
    """
    smaller = np.searchsorted(calibration, errors * (1 - ROUNDING), side="left")
    return smaller / (len(calibration) + 1)
