"""A sweep of learning rates, and the rate that short runs suggest. NumPy only."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from kerasdl.errors import ConfigError

SMOOTHING = 0.05
"""Width of the smoothing, as a share of the sweep: the deviation of a Gaussian."""
DIVERGED = 4.0
"""A sweep ends where the loss is so many times the lowest one; Smith 2017."""
RECENT = 5
"""Steps whose mean loss tells that: single batches differ."""
MOST_TRIALS = 6
"""Short runs of a search."""


def check_range(lowest: float, highest: float) -> None:
    """Raise `ConfigError` unless a sweep can go from one rate to another."""
    if not 0 < 2 * lowest <= highest < np.inf:
        what = (
            f"the lowest rate {lowest:g} and the highest rate {highest:g} are no range"
        )
        hint = "give two rates above 0, the second at least twice as high"
        raise ConfigError(what, hint)


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
    """The loss after a step of each learning rate, and the ends of short runs.

    The sweep is that of Smith 2017, https://arxiv.org/abs/1506.01186, section 3.3.

    Args:
        rates: Learning rates, ascending, of shape `(steps,)`.
        losses: The loss of the batch after the step of each rate, finite.
        trials: The loss at the end of a short run, by its highest rate; inf if it
            diverged.
    """

    rates: np.ndarray
    losses: np.ndarray
    trials: Mapping[float, float] = field(default_factory=dict)

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
    def ends_at_best(self) -> bool:
        """Whether the best trial is the lowest or the highest one: a better may exist."""
        if not self.trials or not np.isfinite(min(self.trials.values())):
            return False
        best = min(self.trials, key=self.trials.__getitem__)
        return best in (min(self.trials), max(self.trials))

    @property
    def suggested(self) -> float | None:
        """The best rate of the trials, to two digits; None if none ended.

        It is the vertex of the parabola through the best trial and those next to it, by
        the logarithms of rates and losses.
        """
        rates = sorted(rate for rate, loss in self.trials.items() if np.isfinite(loss))
        if not rates:
            return None
        best = min(rates, key=self.trials.__getitem__)
        place = rates.index(best)
        near = rates[place - 1 : place + 2] if place else []
        losses = [self.trials[rate] for rate in near]
        if len(near) == 3 and min(losses) > 0:
            quadratic, slope, _ = np.polyfit(np.log(near), np.log(losses), 2)
            if quadratic > 0:
                vertex = np.exp(-slope / (2 * quadratic))
                best = float(np.clip(vertex, near[0], near[2]))
        return float(f"{best:.1e}")


def search_rates(
    valley: float, run: Callable[[float], float], lowest: float, highest: float
) -> dict[float, float]:
    """Return the losses of short runs at rates around a valley.

    The rates are half an order of magnitude apart. The search goes on to the side of the
    lowest loss, and down while all runs diverge. It ends when the lowest loss is between
    others, at the ends of the range, or after `MOST_TRIALS` runs.

    Args:
        valley: A rate to begin with.
        run: Returns the loss at the end of a short run whose highest rate is given; inf
            if it diverged.
        lowest: The lowest rate to try.
        highest: The highest rate to try.
    """
    losses: dict[int, float] = {}

    def rate(number: int) -> float:
        return float(valley * 10 ** (number / 2))

    def is_new(number: int) -> bool:
        return number not in losses and lowest <= rate(number) <= highest

    losses[0] = run(valley)
    while len(losses) < MOST_TRIALS:
        best = min(losses, key=lambda number: (losses[number], number))
        new = [number for number in (best - 1, best + 1) if is_new(number)]
        if not new:
            break
        losses[new[0]] = run(rate(new[0]))
    return {rate(number): losses[number] for number in sorted(losses)}
