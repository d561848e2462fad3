"""Raw texts, before preprocessing."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasdl.data.table.table import Table

Label = str | float | frozenset[str]
"""A class, a number, or the names of all labels that a text has."""


@dataclass(frozen=True)
class Texts:
    """Texts from one source.

    Args:
        source: Name of the set or path of the file, for messages.
        texts: The texts. For language modelling, a split takes whole documents; a
            single document is cut into contiguous parts.
        labels: What each text is to be given, all of one type; a tuple of several. Empty
            for documents.
        table: The table or the lines that the texts stand in, if there is one.
        part: `"train"`, `"validation"` or `"test"` for each text, if folders say so.
        skipped: What was left out of a folder, and why.
        files: Path of each text in a folder; empty if they stand in none.
        test: The test texts, if they stand in a file of their own.
    """

    source: str
    texts: tuple[str, ...]
    labels: tuple[Label, ...] | tuple[tuple[Label, ...], ...] = ()
    table: Table | None = None
    part: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    test: "Texts | None" = None

    def __len__(self) -> int:
        """Return the number of texts."""
        return len(self.texts)

    @property
    def targets(self) -> np.ndarray | None:
        """Raw targets, of shape `(texts,)` or `(texts, targets)`; None for documents."""
        if not self.labels:
            return None
        is_number = isinstance(_flat(self.labels)[0], float)
        return np.array(self.labels, "float64" if is_number else object)

    def place(self, row: int) -> str:
        """Describe the position of a text."""
        if self.files:
            return self.files[row]
        if self.table is None:
            return f"text {row}"
        return self.table.place(row)

    def sha256(self) -> str:
        """Return a digest that identifies the texts and their labels."""
        digest = hashlib.sha256()
        for text in (*self.texts, *map(_as_text, _flat(self.labels))):
            content = text.encode("utf-8", "surrogatepass")
            digest.update(f"{len(content)} ".encode())
            digest.update(content)
        others = [each.sha256() for each in (self.table, self.test) if each is not None]
        return "+".join([digest.hexdigest(), *others])


def _flat(labels: tuple[Any, ...]) -> tuple[Any, ...]:
    if labels and isinstance(labels[0], tuple):
        return tuple(label for several in labels for label in several)
    return labels


def _as_text(label: Label) -> str:
    return repr(sorted(label)) if isinstance(label, frozenset) else str(label)
