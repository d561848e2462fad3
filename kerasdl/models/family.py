"""What a family of models is."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, Self

if TYPE_CHECKING:
    import keras

Activation = Literal["relu", "leaky_relu", "elu", "gelu", "silu", "tanh"]
Norm = Literal["batch", "layer", "rms", "none"]
PositionNorm = Literal["layer", "rms", "none"]
Stem = Literal["auto", "large", "small"]


@dataclass(frozen=True)
class Family(ABC):
    """An architecture, whose fields are the keys of `[model]`.

    The type of a field states its range, the docstring below it its meaning. A config is
    checked before a backend is chosen, so the file of a family imports Keras where it
    builds, not before.
    """

    reads: ClassVar[Literal["numbers", "tokens"]] = "numbers"
    """What an input is made of."""
    reconstructs: ClassVar[bool] = False
    """Whether the outputs are the inputs again."""
    name: str
    """The family."""

    @classmethod
    def identifier(cls) -> str:
        """Return the name as Python has it, such as `plain_cnn`."""
        return cls.name.replace("-", "_")

    def for_data(self, vocabulary_size: int | None) -> Self:
        """Return the family with the keys that are left to the data.

        Args:
            vocabulary_size: Token ids the data has; None for numbers.

        Raises:
            ValueError: If the family cannot take such data.
        """
        if vocabulary_size:
            raise ValueError("it reads numbers, not tokens")
        return self

    @abstractmethod
    def build(
        self,
        input_shape: Sequence[int],
        num_outputs: int | None,
        seed: int = 0,
        name: str | None = None,
    ) -> "keras.Model":
        """Return the model, uncompiled, under Keras's dtype policy.

        Args:
            input_shape: Shape of one input, without the batch.
            num_outputs: Classes, or numbers to predict; None leaves the last layer off.
            seed: Decides weights and draws, the same on every backend.
            name: Name of the model; without one, the family's.

        Raises:
            ValueError: If an argument or a key is not allowed.
        """
