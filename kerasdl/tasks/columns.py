"""What targets of several columns have in common."""

from collections.abc import Sequence

import numpy as np

from kerasdl.errors import DataError


def check_columns(
    raw: np.ndarray, name: str, source: str, count: int | None = None
) -> None:
    """Raise `DataError` unless targets have columns.

    Args:
        raw: Raw targets.
        name: Name of the array, for messages.
        source: Name of the set or path of the file, for messages.
        count: How many columns they must have; None allows any number.
    """
    wanted = raw.shape[1:2] if count is None else (count,)
    if raw.ndim != 2 or raw.shape[1:] != wanted or 0 in wanted:
        what = f"{name} has shape {raw.shape} in {source}"
        shape = f"({len(raw)}, {'targets' if count is None else count})"
        raise DataError(what, f"give {name} the shape {shape}")


def check_names(names: Sequence[str], count: int) -> None:
    """Raise `TypeError` or `ValueError` unless they name targets, or are none."""
    if not all(isinstance(name, str) for name in names):
        raise TypeError("the name of a target is not a string")
    if len(names) not in (0, count):
        raise ValueError(f"{count} targets have {len(names)} names")


def all_names(names: Sequence[str], count: int) -> list[str]:
    """Return the names of targets; their places if they have none."""
    return [*names] or [*map(str, range(count))]
