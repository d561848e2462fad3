"""Numbers as they were found, before any treatment."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from kerasdl.errors import DataError


@dataclass(frozen=True)
class Arrays:
    """Inputs and targets from one source.

    Args:
        source: Where they come from, for messages: a set's name or a path.
        x: Inputs of shape `(examples, …)`, any numeric dtype.
        y: Targets of shape `(examples,)`.
        x_test: Inputs of the source's own test set, if it has one.
        y_test: Targets of the source's own test set.
        suffix: What the names of the arrays end with, for messages.
    """

    source: str
    x: np.ndarray
    y: np.ndarray
    x_test: np.ndarray | None = None
    y_test: np.ndarray | None = None
    suffix: str = field(default="", kw_only=True)

    @property
    def targets(self) -> np.ndarray:
        """The target of each example."""
        return self.y

    @property
    def own_test_set(self) -> "Arrays | None":
        """The source's own test set, if it has one."""
        if self.x_test is None or self.y_test is None:
            return None
        return Arrays(self.source, self.x_test, self.y_test, suffix="_test")

    def parts(self) -> "list[Arrays]":
        """Return the examples, and the source's own test set if there is one."""
        own = self.own_test_set
        return [self] if own is None else [self, own]

    def sha256(self) -> str:
        """Return a digest of the values, to know the data again."""
        digest = hashlib.sha256()
        for part in self.parts():
            for array in (part.x, part.y):
                digest.update(f"{array.dtype}{array.shape}".encode())
                digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


def check_numbers(values: np.ndarray, name: str, source: str) -> None:
    """Raise `DataError` unless all values are finite float32 numbers."""
    if values.dtype.kind not in "buif":
        what = f"{name} holds {values.dtype} in {source}"
        raise DataError(what, "give integers or floating-point numbers")
    if values.dtype.kind != "f":
        return
    with np.errstate(over="ignore"):
        finite = np.isfinite(values.astype("float32", copy=False))
    if not finite.all():
        first = np.argwhere(~finite)[0]
        count = int((~finite).sum())
        what = (
            f"{name} is {values[tuple(first)]} at {place(first)} in {source}, "
            f"no finite float32 ({count} such in all)"
        )
        raise DataError(what, "drop those rows, fill them in, or rescale")


def place(index: Iterable[int]) -> str:
    """Return where in an array of examples something is, in words."""
    row, *rest = (int(i) for i in index)
    if not rest:
        return f"row {row}"
    return f"row {row}, column {rest[0] if len(rest) == 1 else tuple(rest)}"
