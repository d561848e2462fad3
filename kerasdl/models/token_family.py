"""The base class of model families that read text."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal, Self

from kerasdl.config.rules import Range
from kerasdl.data.signature import Input
from kerasdl.models.family import Family


@dataclass(frozen=True)
class TokenFamily(Family):
    """An architecture that reads token ids."""

    reads: ClassVar[Literal["numbers", "tokens"]] = "tokens"
    vocabulary_size: Literal["auto"] | Annotated[int, Range(1, 10_000_000)] = "auto"
    """Number of token ids; `auto` takes it from the data."""

    def for_data(
        self, model_input: Input, output_range: tuple[float, ...] | None = None
    ) -> Self:
        """Return the family, with an `auto` vocabulary size taken from the data.

        Raises:
            ValueError: If the data has more token ids than the family.
        """
        size, vocabulary_size = self.vocabulary_size, model_input.vocabulary_size
        if size == "auto":
            return replace(self, vocabulary_size=vocabulary_size or "auto")
        if (vocabulary_size or 0) > size:
            what = f"`vocabulary_size` (={size}) is less than"
            raise ValueError(f"{what} the {vocabulary_size} tokens of the data")
        return self

    def tokens_of(self, num_outputs: int | None) -> int:
        """Return the number of token ids of a model that predicts the tokens it reads.

        Raises:
            ValueError: If it is not the number of outputs.
        """
        size = self.vocabulary_size
        if size == "auto":
            size = num_outputs or 0
        if size < 1 or num_outputs not in (None, size):
            rule = "must be the same number: the model predicts the tokens it reads"
            raise ValueError(
                f"`num_outputs` (={num_outputs}) and `vocabulary_size` (={size}) {rule}"
            )
        return size


def check_token_shape(input_shape: Sequence[int]) -> None:
    """Raise `ValueError` unless inputs are token ids, alone or paired with numbers."""
    if len(input_shape) not in (1, 2) or tuple(input_shape[1:]) not in ((), (2,)):
        rule = "must be (time,) or (time, 2)"
        raise ValueError(f"`input_shape` (={tuple(input_shape)}) {rule}")
