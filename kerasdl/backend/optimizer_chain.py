"""An optimizer, and those it wraps."""

from collections.abc import Iterator
from typing import Any


def optimizer_chain(optimizer: Any) -> Iterator[Any]:
    """Yield an optimizer, then what it wraps, outermost first; nothing for None."""
    while optimizer is not None:
        yield optimizer
        optimizer = getattr(optimizer, "inner_optimizer", None)
