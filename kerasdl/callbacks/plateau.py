"""When a metric has stopped improving."""

import math
from dataclasses import dataclass
from typing import Literal


@dataclass
class Plateau:
    """The rule by which PyTorch's `ReduceLROnPlateau` cuts the learning rate.

    A value is better if it differs from the best one by more than `threshold` times
    that, in the direction of `mode`; NaN never is. With a negative best value, such as
    that of a log-likelihood, a slightly worse value therefore counts as better, in
    PyTorch as here.

    Args:
        patience: Values in a row that may be no better, at least 0; the next one ends
            the patience.
        threshold: Least relative difference, in `[0, 1)`.
        mode: Whether a better value is lower (`min`) or higher (`max`).

    Attributes:
        best: The best value so far, infinite while there is none.
        bad_epochs: How many values in a row were no better.
    """

    patience: int = 10
    threshold: float = 1e-4
    mode: Literal["min", "max"] = "min"

    def __post_init__(self) -> None:
        """Begin with no value."""
        self.best = math.inf if self.mode == "min" else -math.inf
        self.bad_epochs = 0

    def ends(self, value: float) -> bool:
        """Take the value of an epoch; return whether the patience is at its end.

        The count then begins anew, and the best value stays.
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
