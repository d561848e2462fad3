"""Lists of JSON as tuples."""

from typing import Any


def json_tuple(values: Any) -> tuple:
    """Return a list as a tuple.

    Raises:
        TypeError: If the value is no list.
    """
    if not isinstance(values, list | tuple):
        raise TypeError(f"{values!r} is not a list")
    return tuple(values)
