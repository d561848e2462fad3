"""Multilayer perceptrons."""

from collections.abc import Sequence

import keras
from keras import layers

from kerasdl.initializers import HeNormal
from kerasdl.layers import Dropout, batch_normalization
from kerasdl.seeds import derive_seed


def mlp(
    input_shape: Sequence[int],
    num_outputs: int,
    hidden_units: Sequence[int] = (256, 128),
    dropout: float = 0.3,
    seed: int = 0,
    name: str = "mlp",
) -> keras.Model:
    """Return an MLP: (Dense → BatchNorm → ReLU → Dropout) × k → Dense.

    Kernels are He-normal by fan-out, biases zero. The model takes
    `(batch, *input_shape)`, which it flattens, and returns float32 logits or values of
    shape `(batch, num_outputs)`.

    Args:
        input_shape: Shape of one input.
        num_outputs: Classes, or numbers to predict.
        hidden_units: Width of each hidden layer.
        dropout: Share of hidden activations zeroed in training, in `[0, 1)`.
        seed: Decides weights and dropout masks, the same on every backend.
        name: Name of the model.
    """

    def dense(units: int, layer_name: str, dtype: str | None = None) -> layers.Layer:
        kernel = HeNormal("fan_out", derive_seed(seed, layer_name))
        return layers.Dense(
            units, kernel_initializer=kernel, dtype=dtype, name=layer_name
        )

    inputs = keras.Input(tuple(input_shape), name="inputs")
    x = inputs if len(input_shape) == 1 else layers.Flatten(name="flatten")(inputs)
    for number, units in enumerate(hidden_units, start=1):
        x = dense(units, f"dense_{number}")(x)
        x = batch_normalization(f"norm_{number}")(x)
        x = layers.Activation("relu", name=f"relu_{number}")(x)
        place = f"dropout_{number}"
        x = Dropout(dropout, derive_seed(seed, place), name=place)(x)
    # Half precision would round logits: the head stays float32 under every policy.
    outputs = dense(num_outputs, "head", dtype="float32")(x)
    return keras.Model(inputs, outputs, name=name)
