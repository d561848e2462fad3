"""Inputs changed within a ball so that the loss grows: FGSM and PGD."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

STEPS = 10
"""Steps of PGD."""
REACH = 2.5
"""How many times the radius all steps of PGD together are long (Madry et al. 2018)."""

Gradient = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""The gradient of the loss by the inputs, for inputs and targets."""


class Ball(NamedTuple):
    """What an attack may do to each number of an input.

    Args:
        radius: The largest change, in the units of the model's inputs.
        low: The least value; −inf for none.
        high: The greatest value; inf for none.
    """

    radius: float
    low: float = -np.inf
    high: float = np.inf

    def around(self, clean: np.ndarray, changed: np.ndarray) -> np.ndarray:
        """Return changed inputs, moved into the ball around clean ones."""
        low, high = clean - self.radius, clean + self.radius
        inside = np.clip(
            changed, np.maximum(low, self.low), np.minimum(high, self.high)
        )
        return inside.astype(clean.dtype)


def fgsm(gradient: Gradient, x: np.ndarray, y: np.ndarray, ball: Ball) -> np.ndarray:
    """Return inputs after one step along the sign of the gradient.

    Goodfellow, Shlens & Szegedy 2015, https://arxiv.org/abs/1412.6572, section 4.

    Args:
        gradient: The gradient of the loss.
        x: Inputs of shape `(examples, …)`.
        y: Targets of shape `(examples, …)`.
        ball: What may change.
    """
    return ball.around(x, x + ball.radius * np.sign(gradient(x, y)))


def pgd(
    gradient: Gradient,
    x: np.ndarray,
    y: np.ndarray,
    ball: Ball,
    start: np.ndarray,
    steps: int = STEPS,
) -> np.ndarray:
    """Return inputs after several steps, each moved back into the ball.

    Madry et al. 2018, https://arxiv.org/abs/1706.06083, section 2.1.

    Args:
        gradient: The gradient of the loss.
        x: Inputs of shape `(examples, …)`.
        y: Targets of shape `(examples, …)`.
        ball: What may change.
        start: Uniform draws in (0, 1) of the shape of `x`, where the steps begin.
        steps: Number of steps.
    """
    changed = ball.around(x, x + ball.radius * (2 * start - 1))
    length = REACH * ball.radius / steps
    for _ in range(steps):
        changed = ball.around(x, changed + length * np.sign(gradient(changed, y)))
    return changed
