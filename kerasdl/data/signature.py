"""Shapes and dtypes of a model's inputs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Input:
    """One input of a model.

    Args:
        shape: Shape of one example.
        dtype: `"float32"`, or `"int32"` for token ids.
        vocabulary_size: Number of token ids; None for float inputs.
    """

    shape: tuple[int, ...]
    dtype: str = "float32"
    vocabulary_size: int | None = None


Signature = dict[str, Input]
"""The inputs of a model by name."""
