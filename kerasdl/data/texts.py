"""Raw texts, before preprocessing."""

import hashlib
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Texts:
    """Texts from one source.

    Args:
        source: Name of the set or path of the file, for messages.
        texts: The texts. For language modelling, a split takes whole documents; a
            single document is cut into contiguous parts.
        labels: Class of each text; empty for documents.
    """

    source: str
    texts: tuple[str, ...]
    labels: tuple[str, ...] = ()

    @property
    def targets(self) -> np.ndarray | None:
        """Class of each text, or None for documents."""
        return np.array(self.labels, object) if self.labels else None

    def sha256(self) -> str:
        """Return a digest that identifies the texts and their classes."""
        digest = hashlib.sha256()
        for text in (*self.texts, *self.labels):
            content = text.encode("utf-8", "surrogatepass")
            digest.update(f"{len(content)} ".encode())
            digest.update(content)
        return digest.hexdigest()
