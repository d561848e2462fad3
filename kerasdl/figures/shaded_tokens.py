"""Texts whose tokens have numbers."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class ShadedTokens:
    """Tokens of texts, each with a number from -1 to 1 that shades it.

    Args:
        title: What they show.
        captions: A line for each text.
        tokens: The tokens of each text.
        values: A number for each token.
        note: A sentence below.
    """

    figure: ClassVar[str] = "shaded_tokens"
    title: str
    captions: list[str]
    tokens: list[list[str]]
    values: list[list[float]]
    note: str = ""

    def check(self) -> None:
        """Raise `ValueError` unless each token has a number from -1 to 1."""
        if not len(self.captions) == len(self.tokens) == len(self.values):
            raise ValueError(f"a text of {self.title!r} lacks a caption or values")
        for tokens, values in zip(self.tokens, self.values, strict=True):
            if len(tokens) != len(values):
                raise ValueError(f"a token of {self.title!r} lacks a value")
            if any(abs(value) > 1 for value in values):
                raise ValueError(f"a value of {self.title!r} is not from -1 to 1")
