"""Convolutional networks without shortcuts."""

from collections.abc import Sequence

import keras
from keras import layers

from kerasdl.initializers import HeNormal
from kerasdl.layers import Dropout
from kerasdl.models.parts import head, image_input
from kerasdl.seeds import derive_seed


def plain_cnn(
    input_shape: Sequence[int],
    num_outputs: int | None,
    filters: Sequence[int] = (32, 64),
    hidden_units: int = 512,
    dropout: float = 0.5,
    seed: int = 0,
    name: str = "plain_cnn",
) -> keras.Model:
    """Return a plain CNN: (3×3 convolution → ReLU → 2×2 max-pool) × k → Dense → Dense.

    The shape of LeNet-5 (LeCun et al. 1998, https://doi.org/10.1109/5.726791, section
    II.B) with ReLU, maximum and dropout. Kernels are He-normal by fan-in.

    The model takes `(batch, height, width, channels)`, or `(batch, height, width)` for
    one channel, and returns float32 logits or values `(batch, num_outputs)`.

    Args:
        input_shape: Shape of one image; each side at least `2 ** len(filters)`.
        num_outputs: Classes, or numbers to predict; None leaves the last layer off.
        filters: Channels of each convolution.
        hidden_units: Width of the hidden dense layer.
        dropout: Share of its activations zeroed in training, in `[0, 1)`.
        seed: Decides weights and dropout masks, the same on every backend.
        name: Name of the model.

    Raises:
        ValueError: If `input_shape` is no image, or too small to be halved so often.
    """
    inputs, x = image_input(input_shape, sized=True)
    if min(input_shape[:2]) < 2 ** len(filters):
        rule = f"is too small for {len(filters)} poolings"
        raise ValueError(f"`input_shape` (={tuple(input_shape)}) {rule}")

    def kernel(place: str) -> HeNormal:
        return HeNormal("fan_in", derive_seed(seed, place))

    for number, width in enumerate(filters, start=1):
        place = f"conv_{number}"
        x = layers.Conv2D(
            width,
            3,
            padding="same",
            activation="relu",
            data_format="channels_last",
            kernel_initializer=kernel(place),
            name=place,
        )(x)
        pool = layers.MaxPooling2D(
            2, data_format="channels_last", name=f"pool_{number}"
        )
        x = pool(x)
    x = layers.Flatten(data_format="channels_last", name="flatten")(x)
    x = layers.Dense(
        hidden_units,
        activation="relu",
        kernel_initializer=kernel("dense"),
        name="dense",
    )(x)
    x = Dropout(dropout, derive_seed(seed, "dropout"), name="dropout")(x)
    return keras.Model(inputs, head(x, num_outputs, kernel("head")), name=name)
