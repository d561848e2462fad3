"""What a model takes, as far as data decide it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Input:
    """One input of a model.

    Args:
        shape: Of one example.
        dtype: `"float32"`, or `"int32"` for token ids.
        vocabulary_size: How many token ids there are; None for numbers.
    """

    shape: tuple[int, ...]
    dtype: str = "float32"
    vocabulary_size: int | None = None


Signature = dict[str, Input]
"""Each input of a model by its name."""
