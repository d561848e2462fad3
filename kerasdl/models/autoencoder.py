"""Autoencoders of dense layers."""

import math
from collections.abc import Sequence

import keras
from keras import layers

from kerasdl.backend.precision import at_least_float32
from kerasdl.initializers import HeNormal
from kerasdl.models.parts import check_no_outputs
from kerasdl.seeds import derive_seed


def autoencoder(
    input_shape: Sequence[int],
    num_outputs: None = None,
    hidden_units: Sequence[int] = (128, 64),
    latent_units: int = 8,
    seed: int = 0,
    name: str = "autoencoder",
) -> keras.Model:
    """Return an autoencoder: Dense layers down to a few numbers, and up again.

    ReLU stands between the layers, but not after the latent one nor after the last.
    Hinton & Salakhutdinov 2006, https://doi.org/10.1126/science.1127647. Kernels are
    He-normal by fan-in.

    The model takes `(batch, *input_shape)` and returns its float32 reconstruction, of
    the same shape. `keras.Model(model.input, model.get_layer("latent").output)` is the
    encoder; the mean squared error of an example tells how unusual it is.

    Args:
        input_shape: Shape of one input.
        num_outputs: None: there are as many outputs as inputs.
        hidden_units: Widths on the way down; the way up has the same, turned round.
        latent_units: Numbers in the middle.
        seed: Decides the weights, the same on every backend.
        name: Name of the model.

    Raises:
        ValueError: If `num_outputs` is not None.
    """
    check_no_outputs(num_outputs)

    def dense(units: int, place: str, activation: str | None = "relu") -> layers.Layer:
        return layers.Dense(
            units,
            activation=activation,
            kernel_initializer=HeNormal("fan_in", derive_seed(seed, place)),
            dtype=at_least_float32() if place == "output" else None,
            name=place,
        )

    inputs = keras.Input(tuple(input_shape), name="inputs")
    x = layers.Flatten(name="flatten")(inputs)
    for number, units in enumerate(hidden_units, start=1):
        x = dense(units, f"encoder_{number}")(x)
    x = dense(latent_units, "latent", None)(x)
    for number, units in enumerate(reversed(hidden_units), start=1):
        x = dense(units, f"decoder_{number}")(x)
    x = dense(math.prod(input_shape), "output", None)(x)
    outputs = layers.Reshape(
        tuple(input_shape), dtype=at_least_float32(), name="shape"
    )(x)
    return keras.Model(inputs, outputs, name=name)
