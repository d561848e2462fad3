"""A sweep of learning rates, and the rates that it suggests. NumPy only."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

SMOOTHING = 0.05
"""Width of the smoothing, as a share of the sweep: the deviation of a Gaussian."""
DIVERGED = 4.0
"""A sweep ends where the loss is so many times the lowest one; Smith 2017."""
RECENT = 5
"""Steps whose mean loss tells that: single batches differ."""


def has_diverged(losses: Sequence[float]) -> bool:
    """Return whether the last losses of a sweep are `DIVERGED` times the lowest ones."""
    if not np.isfinite(losses[-1]):
        return True
    if len(losses) < 2 * RECENT:
        return False
    means = np.convolve(losses, np.full(RECENT, 1 / RECENT), "valid")
    return means[-1] > DIVERGED * max(means.min(), 0)


@dataclass(frozen=True)
class RateSweep:
    """The loss after a step of each learning rate, as Smith 2017 proposes.

    https://arxiv.org/abs/1506.01186, section 3.3.

    Args:
        rates: Learning rates, ascending, of shape `(steps,)`.
        losses: The loss of the batch after the step of each rate, finite.
    """

    rates: np.ndarray
    losses: np.ndarray

    @cached_property
    def smoothed(self) -> np.ndarray:
        """The losses, smoothed without delay; of shape `(steps,)`."""
        from scipy.ndimage import gaussian_filter1d

        width = max(1.0, SMOOTHING * len(self.losses))
        return gaussian_filter1d(self.losses, width, mode="nearest")

    @property
    def valley(self) -> float | None:
        """The rate where the loss is lowest; None if it never falls."""
        place = int(self.smoothed.argmin())
        return float(self.rates[place]) if place else None

    @property
    def steepest(self) -> float | None:
        """The rate where the loss falls by the largest factor; None if it never falls."""
        end = int(self.smoothed.argmin())
        if not end:
            return None
        positive = self.smoothed - min(0.0, 1.01 * self.smoothed.min())
        slope = np.gradient(np.log(positive), np.log(self.rates))
        return float(self.rates[slope[: end + 1].argmin()])

    @property
    def suggested(self) -> float | None:
        """Half an order of magnitude below `valley`, to two digits.

        The lowest loss is close to the rate at which training diverges.
        """
        if self.valley is None:
            return None
        return float(f"{self.valley / 10**0.5:.1e}")
