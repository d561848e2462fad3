"""What the parts of one training step tell each other."""

from contextvars import ContextVar
from typing import Any

loss_divisor: ContextVar[tuple[Any, Any] | None] = ContextVar("divisor", default=None)
"""By what the losses of this step divided to take a mean, and whether all did alike."""


def begin_step() -> None:
    """Forget what a step noted that did not come to its end."""
    loss_divisor.set(None)
