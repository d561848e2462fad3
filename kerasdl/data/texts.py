"""Texts as they were found, before any treatment."""

import hashlib
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Texts:
    """Texts from one source.

    Args:
        source: Where they come from, for messages: a set's name or a path.
        texts: The texts. Documents to be modelled are split apart; a single one is cut
            in its own order.
        labels: The class of each text; none for documents.
    """

    source: str
    texts: tuple[str, ...]
    labels: tuple[str, ...] = ()

    @property
    def targets(self) -> np.ndarray | None:
        """The class of each text; None for documents."""
        return np.array(self.labels, object) if self.labels else None

    def sha256(self) -> str:
        """Return a digest of the texts and their classes, to know the data again."""
        digest = hashlib.sha256()
        for text in (*self.texts, *self.labels):
            content = text.encode("utf-8", "surrogatepass")
            digest.update(f"{len(content)} ".encode())
            digest.update(content)
        return digest.hexdigest()
