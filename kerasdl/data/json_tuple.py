"""Lists of JSON as tuples."""

from typing import Any


def json_tuple(values: Any) -> tuple:
    """Return a list as a tuple; raise `TypeError` for a text and the like."""
    if not isinstance(values, list | tuple):
        raise TypeError(f"{values!r} is not a list")
    return tuple(values)
