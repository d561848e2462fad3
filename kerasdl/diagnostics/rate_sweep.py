"""A sweep of learning rates, and the rates that it suggests. NumPy only."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

SMOOTHING = 0.02
"""Width of the smoothing, as a share of the sweep: the deviation of a Gaussian."""
DIVERGED = 4.0
"""A sweep ends where the loss is so many times the lowest one; Smith 2017."""


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
    def steepest(self) -> float | None:
        """The rate where the loss falls most steeply; None if it never falls."""
        end = int(self.smoothed.argmin())
        if not end:
            return None
        slope = np.gradient(self.smoothed, np.log(self.rates))
        return float(self.rates[slope[: end + 1].argmin()])

    @property
    def valley(self) -> float | None:
        """The rate in the middle of the longest fall of the loss; None if it never falls.

        The fall is the longest decreasing subsequence, and two thirds of it are behind.
        """
        begin, end = _longest_fall(self.smoothed)
        return (
            float(self.rates[begin + (end - begin) * 2 // 3]) if end > begin else None
        )

    @property
    def suggested(self) -> float | None:
        """The geometric mean of `steepest` and `valley`, to two digits."""
        if self.steepest is None or self.valley is None:
            return None
        return float(f"{(self.steepest * self.valley) ** 0.5:.1e}")


def _longest_fall(values: np.ndarray) -> tuple[int, int]:
    """Return the first and the last place of the longest decreasing subsequence."""
    lengths, begins = np.ones(len(values), int), np.arange(len(values))
    for place in range(1, len(values)):
        before = np.flatnonzero(values[:place] > values[place])
        if len(before):
            best = before[lengths[before].argmax()]
            lengths[place], begins[place] = lengths[best] + 1, begins[best]
    end = int(lengths.argmax())
    return int(begins[end]), end
