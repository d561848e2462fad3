"""Windows of token ids of a text that was tokenized before."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from kerasdl.data.subwords.encoder import Encoder
from kerasdl.data.token_windows import TokenWindows

MOST_DECODED = 5_000_000
"""Tokens of which the characters are counted, and of which baselines read."""


@dataclass(frozen=True)
class TokenFileWindows(TokenWindows):
    """Windows of token ids, whose text their tokenizer knows.

    Args:
        encoder: The tokenizer of the ids.
    """

    encoder: Encoder

    @property
    def token_ids(self) -> np.ndarray:
        """The first ids, `MOST_DECODED` at most."""
        return self.ids[:MOST_DECODED]

    @cached_property
    def text(self) -> str:
        """The text of `token_ids`."""
        return self.encoder.decoded(self.token_ids)

    @property
    def characters_per_token(self) -> float:
        """Characters per predicted token, of the first `MOST_DECODED`."""
        ids = self.token_ids[: len(self) * self.length + 1]
        first = len(self.encoder.decoded(ids[:1]))
        return (len(self.encoder.decoded(ids)) - first) / (len(ids) - 1)
