"""Values shared between the parts of one training step."""

from contextvars import ContextVar
from typing import Any

loss_divisor: ContextVar[tuple[Any, Any] | None] = ContextVar("divisor", default=None)
"""The divisor of the losses' means in this step, and whether all used the same."""


def begin_step() -> None:
    """Discard the values of a step that did not finish."""
    loss_divisor.set(None)
