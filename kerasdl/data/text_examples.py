"""Token ids and targets, with the texts that they encode."""

from dataclasses import dataclass

import numpy as np

from kerasdl.data.examples import ArrayExamples
from kerasdl.finding import Finding


@dataclass(frozen=True)
class TextExamples(ArrayExamples):
    """Token ids and targets, with the texts that they encode.

    Args:
        texts: One text per example.
        lengths: Tokens of each text before it was cut, of shape `(texts,)`.
    """

    texts: tuple[str, ...]
    lengths: np.ndarray | None = None

    def some(self, rows: np.ndarray) -> "TextExamples":
        """Return some of the examples, with their texts."""
        texts = tuple(self.texts[row] for row in rows)
        lengths = None if self.lengths is None else self.lengths[rows]
        return TextExamples(self.x[rows], self.y[rows], texts, lengths)

    def findings(self) -> list[Finding]:
        """Return how many texts are cut, and how long the longest is."""
        if self.lengths is None or not len(self.lengths):
            return []
        length, longest = self.x.shape[1], int(self.lengths.max())
        cut = int((self.lengths > length).sum())
        if not cut:
            return []
        what = (
            f"{cut:,} of {len(self.lengths):,} training texts are cut after {length:,}"
        )
        what = f"{what} tokens, the longest has {longest:,}"
        hint = "raise data.max_length to read more"
        return [Finding("truncated", what, hint, "data.max_length", cut, "", "info")]
