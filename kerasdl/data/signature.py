"""Shapes and dtypes of a model's inputs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Past:
    """A feature that is the past of what is predicted.

    Args:
        name: Name of what is predicted.
        mean: Value subtracted from the feature, and from what is predicted.
        scale: Value that both are divided by.
        naive_error: Mean absolute difference of a training step to the one a season
            before, in the units of the data.
    """

    name: str
    mean: float
    scale: float
    naive_error: float


@dataclass(frozen=True)
class Input:
    """One input of a model.

    The features of a table stand in this order: numbers, indicators, codes.

    Args:
        shape: Shape of one example.
        dtype: `"float32"`, or `"int32"` for token ids.
        vocabulary_size: Number of token ids; None for float inputs.
        indicators: Number of features of two or three values, such as one-hot
            categories, that are kept apart from numbers.
        cardinalities: For each of the last features, which are whole numbers from 0
            that stand for categories: how many such codes there are.
        past: For each of the first features that is the past of what is predicted, its
            statistics; there are none unless the task is forecasting.
    """

    shape: tuple[int, ...]
    dtype: str = "float32"
    vocabulary_size: int | None = None
    indicators: int = 0
    cardinalities: tuple[int, ...] = ()
    past: tuple[Past, ...] = ()


Signature = dict[str, Input]
"""The inputs of a model by name."""
