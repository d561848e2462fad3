"""Families that read texts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal, Self

from kerasdl.config.rules import Range
from kerasdl.models.family import Family


@dataclass(frozen=True)
class TokenFamily(Family):
    """An architecture that reads token ids."""

    reads: ClassVar[Literal["numbers", "tokens"]] = "tokens"
    vocabulary_size: Literal["auto"] | Annotated[int, Range(1, 10_000_000)] = "auto"
    """Token ids there are; `auto` is as many as the data has."""

    def for_data(self, vocabulary_size: int | None) -> Self:
        """Return the family with as many token ids as the data has, if it is to decide.

        Raises:
            ValueError: If the data has more than the family.
        """
        wanted = self.vocabulary_size
        if wanted == "auto":
            return replace(self, vocabulary_size=vocabulary_size or "auto")
        if (vocabulary_size or 0) > wanted:
            what = f"`vocabulary_size` (={wanted}) is less than"
            raise ValueError(f"{what} the {vocabulary_size} tokens of the data")
        return self


def check_token_shape(input_shape: Sequence[int]) -> None:
    """Raise `ValueError` unless inputs are token ids, alone or each with a number."""
    if len(input_shape) not in (1, 2) or tuple(input_shape[1:]) not in ((), (2,)):
        rule = "must be (time,) or (time, 2)"
        raise ValueError(f"`input_shape` (={tuple(input_shape)}) {rule}")
