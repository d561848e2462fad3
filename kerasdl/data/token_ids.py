"""Token ids of a long text, which may stay in their file."""

import hashlib
from dataclasses import dataclass

import numpy as np

AT_ONCE = 1 << 22
"""Ids that are read at a time."""


@dataclass(frozen=True)
class TokenIds:
    """Token ids of one text.

    Args:
        source: Path of the file, for messages.
        ids: Integers of shape `(tokens,)`, which may be mapped.
        test: The ids of the test text, if they stand in a file of their own.
    """

    source: str
    ids: np.ndarray
    test: "TokenIds | None" = None

    @property
    def targets(self) -> None:
        """None: the targets are the ids themselves."""

    def sha256(self) -> str:
        """Return a digest that identifies the ids."""
        digest = hashlib.sha256(f"{self.ids.dtype}{len(self.ids)}".encode())
        for start in range(0, len(self.ids), AT_ONCE):
            some = np.ascontiguousarray(self.ids[start : start + AT_ONCE])
            digest.update(some.view("uint8").data)
        own = digest.hexdigest()
        return own if self.test is None else f"{own}+{self.test.sha256()}"

    def least_and_greatest(self) -> tuple[int, int]:
        """Return the least and the greatest id; there must be one."""
        ends = [
            (int(some.min()), int(some.max()))
            for start in range(0, len(self.ids), AT_ONCE)
            if len(some := self.ids[start : start + AT_ONCE])
        ]
        return min(low for low, _ in ends), max(high for _, high in ends)
