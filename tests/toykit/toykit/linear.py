"""A family: one dense layer, scaled."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from kerasdl.models.family import Family

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Linear(Family):
    """One dense layer, scaled."""

    name: Literal["linear"] = "linear"
    """The family."""
    use_bias: bool = True
    """Whether a number is added to each output."""

    def build(
        self,
        input_shape: Sequence[int],
        num_outputs: int | None,
        seed: int = 0,
        name: str | None = None,
    ) -> "keras.Model":
        """Return the model."""
        import keras

        from kerasdl.initializers import GlorotUniform
        from toykit.scale import Scale

        inputs = keras.Input(tuple(input_shape), name="inputs")
        x = Scale(name="scale")(keras.layers.Flatten(name="flatten")(inputs))
        if num_outputs is not None:
            x = keras.layers.Dense(
                num_outputs,
                use_bias=self.use_bias,
                kernel_initializer=GlorotUniform(seed),
                name="head",
            )(x)
        return keras.Model(inputs, x, name=name or self.name)
