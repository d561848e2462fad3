"""Token ids and targets, with the texts that they encode."""

from dataclasses import dataclass

import numpy as np

from kerasdl.data.examples import ArrayExamples
from kerasdl.finding import Finding


@dataclass(frozen=True)
class TextExamples(ArrayExamples):
    """Token ids and targets, with the texts that they encode.

    Args:
        texts: One text per example, or one document that was cut into windows.
        token_ids: Token ids of that document, int32 of shape `(tokens,)`.
        starts: The character where each of these tokens begins, and the end of the
            document: integers of shape `(tokens + 1,)`.
        has_unknown: Whether the id 0 of a document stands for any unknown character.
        lengths: Tokens of each text before it was cut, of shape `(texts,)`.
    """

    texts: tuple[str, ...]
    token_ids: np.ndarray | None = None
    starts: np.ndarray | None = None
    has_unknown: bool = False
    lengths: np.ndarray | None = None

    @property
    def characters_per_token(self) -> float:
        """Characters of a document per token that its windows predict.

        The windows follow one another, and the first token is not predicted.
        """
        assert self.starts is not None
        return float(self.starts[self.y.size + 1] - self.starts[1]) / self.y.size

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
