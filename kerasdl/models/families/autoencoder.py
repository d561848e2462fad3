"""Autoencoders of dense layers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from kerasdl.config.rules import Width, Widths
from kerasdl.models.family import Activation, Family, Norm
from kerasdl.seeds import derive_seed

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Autoencoder(Family):
    """An autoencoder: Dense layers down to a latent vector and up again.

    The activation follows each layer except the latent and the last one. Kernels are
    He-normal by fan-in. Hinton & Salakhutdinov 2006,
    https://doi.org/10.1126/science.1127647.

    The model takes `(batch, *input_shape)` and returns its float32 reconstruction, of
    the same shape. `keras.Model(model.input, model.get_layer("latent").output)` is the
    encoder. An example's mean squared error measures how unusual it is.
    """

    reconstructs: ClassVar[bool] = True
    latent_layer: ClassVar[str | None] = "latent"
    name: Literal["autoencoder"] = "autoencoder"
    hidden_units: Widths = (128, 64)
    """Widths of the encoder's layers; the decoder has the same in reverse order."""
    latent_units: Width = 8
    """Width of the latent vector."""
    activation: Activation = "relu"
    """Activation of each hidden layer except the latent one."""
    norm: Norm = "none"
    """Normalisation before each activation: over the `batch`, over the units of a layer
    (`layer`), by their root mean square (`rms`), or `none`."""

    @property
    def bottleneck(self) -> int:
        """Width of the latent vector."""
        return self.latent_units

    def build(
        self,
        input_shape: Sequence[int],
        num_outputs: int | None = None,
        seed: int = 0,
        name: str | None = None,
    ) -> "keras.Model":
        """Return the model.

        Raises:
            ValueError: If `num_outputs` is not None, or a key is out of range.
        """
        import keras
        from keras import layers

        from kerasdl.backend.precision import at_least_float32
        from kerasdl.initializers import HeNormal
        from kerasdl.models.parts import activated, check_no_outputs

        check_no_outputs(num_outputs)

        def dense(units: int, layer_name: str) -> dict[str, Any]:
            """Return the arguments of a dense layer."""
            kernel = HeNormal("fan_in", derive_seed(seed, layer_name))
            return {"units": units, "kernel_initializer": kernel, "name": layer_name}

        hidden = layers.Dense, self.activation, self.norm
        inputs = keras.Input(tuple(input_shape), name="inputs")
        x = layers.Flatten(name="flatten")(inputs)
        for number, units in enumerate(self.hidden_units, start=1):
            x = activated(x, *hidden, **dense(units, f"encoder_{number}"))
        x = layers.Dense(**dense(self.latent_units, "latent"))(x)
        for number, units in enumerate(reversed(self.hidden_units), start=1):
            x = activated(x, *hidden, **dense(units, f"decoder_{number}"))
        output = dense(math.prod(input_shape), "output")
        x = layers.Dense(**output, dtype=at_least_float32())(x)
        outputs = layers.Reshape(
            tuple(input_shape), dtype=at_least_float32(), name="shape"
        )(x)
        return keras.Model(inputs, outputs, name=name or self.identifier())
