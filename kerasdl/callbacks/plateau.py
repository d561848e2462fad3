"""A rule for when a metric has stopped improving."""

import math
from dataclasses import dataclass
from typing import Literal


@dataclass
class Plateau:
    """The rule by which PyTorch's `ReduceLROnPlateau` cuts the learning rate.

    A value is better if it is below `best * (1 - threshold)` in mode `min`, or above
    `best * (1 + threshold)` in mode `max`. NaN is never better. So with a negative best
    value, such as a log-likelihood, a slightly worse value counts as better, as in
    PyTorch.

    Args:
        patience: Values in a row that may be no better, at least 0. The next one
            exhausts the patience.
        threshold: Least relative difference, in `[0, 1)`.
        mode: Whether a lower (`min`) or a higher (`max`) value is better.

    Attributes:
        best: The best value so far; infinite before the first value.
        bad_epochs: Number of values in a row that were no better.
    """

    patience: int = 10
    threshold: float = 1e-4
    mode: Literal["min", "max"] = "min"

    def __post_init__(self) -> None:
        """Start without a value."""
        self.best = math.inf if self.mode == "min" else -math.inf
        self.bad_epochs = 0

    def ends(self, value: float) -> bool:
        """Record the value of an epoch, and return whether the patience is exhausted.

        If so, the count restarts at 0 and the best value stays.
        """
        if self.is_better(value):
            self.best, self.bad_epochs = value, 0
            return False
        self.bad_epochs += 1
        if self.bad_epochs <= self.patience:
            return False
        self.bad_epochs = 0
        return True

    def is_better(self, value: float) -> bool:
        """Return whether a value is better than the best one."""
        if self.mode == "min":
            return value < self.best * (1 - self.threshold)
        return value > self.best * (1 + self.threshold)
