"""Preprocessing of token ids: they are cut into windows."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from kerasdl.data.preprocessing import Part, Sample
from kerasdl.data.targets import Targets
from kerasdl.data.text_preprocessing import TextPreprocessing, too_short
from kerasdl.data.token_file_windows import TokenFileWindows
from kerasdl.data.token_ids import TokenIds
from kerasdl.errors import DataError


@dataclass(frozen=True)
class TokenPreprocessing(TextPreprocessing):
    """Window settings, and the tokenizer that made the ids."""

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Return the preprocessing that `to_json` describes; raises as its base does."""
        preprocessing = super().from_json(values)
        if not (preprocessing.tokenizer and preprocessing.windows):
            raise ValueError("token ids need a tokenizer and windows")
        return preprocessing

    def sample(self, part: Part) -> Sample:
        """Return the text of the first tokens."""
        ids = np.asarray(part.raw.ids[: self.max_length // 2])
        return Sample([self.spelled(ids)], {}, 0)

    def examples(
        self, part: Part, targets: Targets, learning: bool = False
    ) -> TokenFileWindows:
        """Return windows, with next tokens as targets.

        Raises:
            DataError: If there are fewer tokens than a window needs, or an id is not one
                of the tokenizer.
        """
        raw: TokenIds = part.raw
        if len(raw.ids) <= self.max_length and (len(raw.ids) or learning):
            raise too_short(raw.source, len(raw.ids), self.max_length, "tokens")
        stride = self.stride if learning else self.max_length
        assert self.subwords is not None
        if (
            len(raw.ids)
            and (greatest := raw.least_and_greatest()[1]) >= self.subwords.size
        ):
            what = f"{raw.source} holds the token id {greatest:,}"
            what = f"{what}, the tokenizer has {self.subwords.size:,} tokens"
            raise DataError(what, "give the tokenizer that made the ids")
        return TokenFileWindows(raw.ids, self.max_length, stride, self.subwords)
