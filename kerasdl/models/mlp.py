"""Multilayer perceptrons."""

from collections.abc import Sequence

import keras
from keras import layers

from kerasdl.initializers import HeNormal
from kerasdl.layers import Dropout, batch_normalization
from kerasdl.models.parts import head
from kerasdl.seeds import derive_seed


def mlp(
    input_shape: Sequence[int],
    num_outputs: int | None,
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
        num_outputs: Classes, or numbers to predict; None leaves the last layer off.
        hidden_units: Width of each hidden layer.
        dropout: Share of hidden activations zeroed in training, in `[0, 1)`.
        seed: Decides weights and dropout masks, the same on every backend.
        name: Name of the model.

    Raises:
        ValueError: If `dropout` or `seed` is out of range.
    """

    def kernel(place: str) -> HeNormal:
        return HeNormal("fan_out", derive_seed(seed, place))

    inputs = keras.Input(tuple(input_shape), name="inputs")
    x = inputs if len(input_shape) == 1 else layers.Flatten(name="flatten")(inputs)
    for number, units in enumerate(hidden_units, start=1):
        place = f"dense_{number}"
        x = layers.Dense(units, kernel_initializer=kernel(place), name=place)(x)
        x = batch_normalization(f"norm_{number}")(x)
        x = layers.Activation("relu", name=f"relu_{number}")(x)
        place = f"dropout_{number}"
        x = Dropout(dropout, derive_seed(seed, place), name=place)(x)
    return keras.Model(inputs, head(x, num_outputs, kernel("head")), name=name)
