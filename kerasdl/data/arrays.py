"""Examples as they were found, before any treatment."""

import hashlib
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Arrays:
    """Inputs and targets from one source.

    Args:
        source: Where they come from, for messages: a set's name or a path.
        x: Inputs of shape `(examples, …)`, any numeric dtype.
        y: Targets of shape `(examples,)`.
        x_test: Inputs of the source's own test set, if it has one.
        y_test: Targets of the source's own test set.
    """

    source: str
    x: np.ndarray
    y: np.ndarray
    x_test: np.ndarray | None = None
    y_test: np.ndarray | None = None

    def sha256(self) -> str:
        """Return a digest of the values, to know the data again."""
        digest = hashlib.sha256()
        for _, x, y in self.parts():
            for array in (x, y):
                digest.update(f"{array.dtype}{array.shape}".encode())
                digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def parts(self) -> list[tuple[str, np.ndarray, np.ndarray]]:
        """Return (suffix of the array names, inputs, targets), the test set last."""
        if self.x_test is None or self.y_test is None:
            return [("", self.x, self.y)]
        return [("", self.x, self.y), ("_test", self.x_test, self.y_test)]
