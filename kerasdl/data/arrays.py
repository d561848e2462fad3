"""Raw arrays, before preprocessing."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from kerasdl.data.row_chunks import array_chunks
from kerasdl.errors import DataError


@dataclass(frozen=True)
class Arrays:
    """Inputs and targets from one source.

    Args:
        source: Name of the set or path of the file, for messages.
        x: Inputs of shape `(examples, …)`, any numeric dtype.
        y: Targets of shape `(examples,)`, or `(examples, targets)` of several.
        x_test: Inputs of the source's own test set, if it has one.
        y_test: Targets of the source's own test set.
        suffix: Suffix of the array names, for messages.
    """

    source: str
    x: np.ndarray
    y: np.ndarray
    x_test: np.ndarray | None = None
    y_test: np.ndarray | None = None
    suffix: str = field(default="", kw_only=True)

    @property
    def targets(self) -> np.ndarray:
        """Target of each example."""
        return self.y

    @property
    def own_test_set(self) -> "Arrays | None":
        """The source's own test set, if it has one."""
        if self.x_test is None or self.y_test is None:
            return None
        return Arrays(self.source, self.x_test, self.y_test, suffix="_test")

    def named(self) -> dict[str, np.ndarray]:
        """Return the arrays under the names that an `.npz` file gives them."""
        own = self.own_test_set
        named = {"x": self.x, "y": self.y}
        return named if own is None else named | {"x_test": own.x, "y_test": own.y}

    def parts(self) -> "list[Arrays]":
        """Return the examples, followed by the source's own test set if it has one."""
        own = self.own_test_set
        return [self] if own is None else [self, own]

    def place(self, row: int) -> str:
        """Describe the position of an example."""
        return f"row {row} of x{self.suffix}"

    def sha256(self) -> str:
        """Return a digest that identifies the data."""
        digest = hashlib.sha256()
        for part in self.parts():
            for array in (part.x, part.y):
                digest.update(f"{array.dtype}{array.shape}".encode())
                for chunk in array_chunks(np.atleast_1d(array)):
                    digest.update(np.ascontiguousarray(chunk).view("uint8").data)
        return digest.hexdigest()


def check_numbers(values: np.ndarray, name: str, source: str) -> None:
    """Raise `DataError` unless all values are finite float32 numbers."""
    if values.dtype.kind not in "buif":
        what = f"{name} holds {values.dtype} in {source}"
        raise DataError(what, "give integers or floating-point numbers")
    if values.dtype.kind != "f":
        return
    count, rows, first = 0, 0, np.zeros(0, int)
    for chunk in array_chunks(values):
        with np.errstate(over="ignore"):
            finite = np.isfinite(chunk.astype("float32", copy=False))
        if not finite.all():
            if not count:
                first = np.argwhere(~finite)[0]
                first[0] += rows
            count += int((~finite).sum())
        rows += len(chunk)
    if count:
        what = (
            f"{name} is {values[tuple(first)]} at {place(first)} in {source}, "
            f"not a finite float32 ({count} such values in total)"
        )
        raise DataError(what, "drop those rows, fill them in, or rescale")


def check_vector(values: np.ndarray, name: str, source: str) -> None:
    """Raise `DataError` unless there is one value per example."""
    if values.ndim != 1:
        what = f"{name} has shape {values.shape} in {source}"
        raise DataError(what, f"give {name} the shape ({len(values)},)")


def place(index: Iterable[int]) -> str:
    """Describe the position of a value in an array of examples."""
    row, *rest = (int(i) for i in index)
    if not rest:
        return f"row {row}"
    return f"row {row}, column {rest[0] if len(rest) == 1 else tuple(rest)}"
