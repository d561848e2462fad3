"""The base class of model families."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from kerasdl.data.signature import Input

if TYPE_CHECKING:
    import keras

    from kerasdl.data import Examples
    from kerasdl.models.published.library import Library
    from kerasdl.models.published.source import Published

Activation = Literal["relu", "leaky_relu", "elu", "gelu", "silu", "tanh"]
Norm = Literal["batch", "layer", "rms", "none"]
Stem = Literal["auto", "large", "small"]
SMALL_IMAGE = 64
"""Images with a side below this many pixels get the small stem."""


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
    tasks: ClassVar[frozenset[str] | None] = None
    """Tasks that the family can do; None if its outputs may mean anything."""
    predicts_next: ClassVar[bool] = False
    """Whether the outputs are logits of the token after each one."""
    takes_weights: ClassVar[bool] = True
    """Whether the loss of each example may have a weight."""
    latent_layer: ClassVar[str | None] = None
    """Layer whose output is the latent code of an input; None if there is none."""
    last_layers: ClassVar[tuple[str, ...]] = ("head",)
    """Layers that depend on the task, and are re-initialised for another one."""
    unseen: ClassVar[tuple[str, ...]] = ()
    """Keys that the shapes of weights do not show, and without which they are wrong."""
    name: str
    """Name of the family."""

    @property
    def bottleneck(self) -> int | None:
        """Width of the narrowest layer, if the family reconstructs through one."""
        return None

    @classmethod
    def published(cls) -> "tuple[Library, ...]":
        """Return the libraries that publish weights of the family; by default, none."""
        return ()

    @classmethod
    def keys_of(cls, published: "Published") -> dict[str, Any]:
        """Return the keys that published weights decide, such as `model.depth`.

        Those of the data may be among them, such as `data.size`. By default, none.

        Raises:
            ModelFileError: If the family cannot compute what was published.
        """
        return {}

    def inherited_keys(self) -> dict[str, Any]:
        """Return the keys that a training which begins with such a model inherits."""
        return asdict(self)

    def config_json(self, library: "Library", task: str) -> dict[str, Any]:
        """Return the `config.json` that a library reads for the model.

        Args:
            library: One of those that publish weights of the family.
            task: What the model is for.

        Raises:
            ConfigError: If the library has no such model.
        """
        from kerasdl.models.published.descriptions import config_json

        return config_json(self, library, task)

    @classmethod
    def identifier(cls) -> str:
        """Return the name as a Python identifier, such as `plain_cnn`."""
        return cls.name.replace("-", "_")

    def for_data(
        self, model_input: Input, output_range: tuple[float, ...] | None = None
    ) -> Self:
        """Return the family, with the keys that the data decides filled in.

        Args:
            model_input: The input of the model.
            output_range: The least and the greatest number that the model learns to
                predict, of each output in turn; None for other targets.

        Raises:
            ValueError: If the family cannot read such data.
        """
        if model_input.vocabulary_size:
            raise ValueError("it reads numbers, not tokens")
        if model_input.cardinalities:
            what = "it reads numbers, not the codes of categories"
            raise ValueError(f"{what}; set data.max_one_hot to 'all'")
        return self

    def decays(self, variable: Any) -> bool:
        """Return whether weight decay applies to a variable: not to biases and norms.

        Args:
            variable: A trainable `keras.Variable` of the model.
        """
        # A GRU's bias has two axes.
        return len(variable.shape) >= 2 and variable.name != "bias"

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

    def adapt(  # noqa: B027  few families have such weights
        self, model: "keras.Model", examples: "Examples"
    ) -> None:
        """Set the weights that come from the training data; by default, there are none.

        Args:
            model: What `build` returned, before it is trained.
            examples: The training examples.
        """

    def rate_factors(self, model: "keras.Model") -> dict[str, float]:
        """Return factors of the learning rate, by `variable.path`; 1 by default.

        Each update of such a variable uses the learning rate times its factor, and so
        does its decoupled weight decay.

        Args:
            model: What `build` returned.
        """
        return {}
