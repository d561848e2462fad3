"""The base class of model families."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, Self

if TYPE_CHECKING:
    import keras

Activation = Literal["relu", "leaky_relu", "elu", "gelu", "silu", "tanh"]
Norm = Literal["batch", "layer", "rms", "none"]
Stem = Literal["auto", "large", "small"]


@dataclass(frozen=True)
class Family(ABC):
    """An architecture whose fields are the config keys of `[model]`.

    A field's type states its range; the docstring below it states its meaning. A config
    is checked before a backend is chosen, so a family imports Keras inside `build`, not
    at the top of its file.
    """

    reads: ClassVar[Literal["numbers", "tokens"]] = "numbers"
    """Whether an input holds numbers or token ids."""
    takes: ClassVar[Literal["any", "images", "sequences"]] = "any"
    """What an input must be; a row of numbers is neither an image nor a sequence."""
    reconstructs: ClassVar[bool] = False
    """Whether the outputs reconstruct the inputs."""
    name: str
    """Name of the family."""

    @property
    def bottleneck(self) -> int | None:
        """Width of the narrowest layer, if the family reconstructs through one."""
        return None

    @classmethod
    def identifier(cls) -> str:
        """Return the name as a Python identifier, such as `plain_cnn`."""
        return cls.name.replace("-", "_")

    def for_data(self, vocabulary_size: int | None) -> Self:
        """Return the family, with the keys that the data decides filled in.

        Args:
            vocabulary_size: Number of token ids in the data; None for numbers.

        Raises:
            ValueError: If the family cannot read such data.
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
        """Return the uncompiled model, under Keras's current dtype policy.

        Args:
            input_shape: Shape of one input, without the batch.
            num_outputs: Number of classes or values to predict; None: no last layer.
            seed: Sets initial weights and random draws, the same on every backend.
            name: Name of the model; by default, the family's.

        Raises:
            ValueError: If an argument or a key is invalid.
        """
