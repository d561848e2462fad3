"""Iteration over nested optimizers."""

from collections.abc import Iterator
from typing import Any


def optimizer_chain(optimizer: Any) -> Iterator[Any]:
    """Yield an optimizer and those it wraps, outermost first; nothing for None."""
    while optimizer is not None:
        yield optimizer
        optimizer = getattr(optimizer, "inner_optimizer", None)
