"""What each part of an input adds to an output of a model."""

from collections.abc import Callable

import numpy as np

POINTS = 32
"""Points of the path at which gradients are taken."""


def integrated_gradients(
    gradients: Callable[[np.ndarray], np.ndarray],
    x: np.ndarray,
    baseline: np.ndarray,
    points: int = POINTS,
) -> np.ndarray:
    """Return integrated gradients, by Gauss–Legendre quadrature.

    Sundararajan et al. 2017, https://arxiv.org/abs/1703.01365, equation 1. Their sum is
    the output for the input minus that for the baseline, but for the error of the
    quadrature.

    Args:
        gradients: Returns the gradients of an output with respect to inputs of shape
            `(points, …)`.
        x: One input.
        baseline: The input to start from, of the same shape.
        points: Points of the quadrature.

    Returns:
        float64 of the shape of `x`.
    """
    places, weights = np.polynomial.legendre.leggauss(points)
    shares = (places + 1) / 2
    difference = x.astype("float64") - baseline
    path = baseline + shares.reshape(-1, *[1] * x.ndim) * difference
    slopes = gradients(path.astype(x.dtype)).astype("float64")
    return difference * np.tensordot(weights / 2, slopes, 1)
