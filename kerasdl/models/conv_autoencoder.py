"""Autoencoders of convolutions."""

import math
from collections.abc import Sequence

import keras
from keras import layers

from kerasdl.backend.precision import at_least_float32
from kerasdl.initializers import HeNormal
from kerasdl.models.parts import check_no_outputs, image_input
from kerasdl.seeds import derive_seed


def conv_autoencoder(
    input_shape: Sequence[int],
    num_outputs: None = None,
    filters: Sequence[int] = (16, 32),
    latent_units: int = 8,
    seed: int = 0,
    name: str = "conv_autoencoder",
) -> keras.Model:
    """Return an autoencoder of images: strided convolutions down, upsampling back.

    On the way up, pixels are repeated and then convolved, which leaves no checkerboard
    as transposed convolutions do (Odena et al. 2016,
    https://doi.org/10.23915/distill.00003). Masci et al. 2011,
    https://doi.org/10.1007/978-3-642-21735-7_7. Kernels are He-normal by fan-in.

    The model takes `(batch, height, width, channels)`, or `(batch, height, width)`, and
    returns its float32 reconstruction, of the same shape. Its layer `latent` has the
    numbers in the middle; the mean squared error of an example tells how unusual it is.

    Args:
        input_shape: Shape of one image; each side a multiple of `2 ** len(filters)`.
        num_outputs: None: there are as many outputs as inputs.
        filters: Channels on the way down, where each convolution halves the image; the
            way up has the same, turned round.
        latent_units: Numbers in the middle.
        seed: Decides the weights, the same on every backend.
        name: Name of the model.

    Raises:
        ValueError: If `input_shape` is no image, or cannot be halved so often, or if
            `num_outputs` is not None.
    """
    check_no_outputs(num_outputs)
    inputs, x = image_input(input_shape, sized=True)
    if any(side % 2 ** len(filters) for side in input_shape[:2]):
        rule = f"must have sides that are multiples of {2 ** len(filters)}"
        raise ValueError(f"`input_shape` (={tuple(input_shape)}) {rule}")

    def kernel(place: str) -> HeNormal:
        return HeNormal("fan_in", derive_seed(seed, place))

    def convolution(units: int, place: str, activation: str | None) -> layers.Layer:
        return layers.Conv2D(
            units,
            3,
            padding="same",
            activation=activation,
            data_format="channels_last",
            kernel_initializer=kernel(place),
            dtype=None if activation else at_least_float32(),
            name=place,
        )

    channels = x.shape[-1]
    for number, units in enumerate(filters, start=1):
        # Convolved and then halved: a stride would pad at the far sides only.
        x = convolution(units, f"encoder_{number}", "relu")(x)
        pool = layers.AveragePooling2D(
            2, data_format="channels_last", name=f"halve_{number}"
        )
        x = pool(x)
    shape = x.shape[1:]
    x = layers.Flatten(data_format="channels_last", name="flatten")(x)
    x = layers.Dense(latent_units, kernel_initializer=kernel("latent"), name="latent")(
        x
    )
    x = layers.Dense(
        math.prod(shape),
        activation="relu",
        kernel_initializer=kernel("expand"),
        name="expand",
    )(x)
    x = layers.Reshape(shape, name="image")(x)
    for number, units in enumerate(reversed(filters), start=1):
        double = layers.UpSampling2D(
            2, data_format="channels_last", name=f"double_{number}"
        )
        x = convolution(units, f"decoder_{number}", "relu")(double(x))
    x = convolution(channels, "output", None)(x)
    outputs = layers.Reshape(
        tuple(input_shape), dtype=at_least_float32(), name="shape"
    )(x)
    return keras.Model(inputs, outputs, name=name)
