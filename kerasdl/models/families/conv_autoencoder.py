"""Autoencoders of convolutions."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from kerasdl.config.rules import Width, Widths
from kerasdl.models.family import Activation, Family
from kerasdl.seeds import derive_seed

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class ConvAutoencoder(Family):
    """An autoencoder of images: convolutions and halving down, upsampling back.

    On the way up, pixels are repeated and then convolved, which leaves no checkerboard
    as transposed convolutions do (Odena et al. 2016,
    https://doi.org/10.23915/distill.00003). Masci et al. 2011,
    https://doi.org/10.1007/978-3-642-21735-7_7. Kernels are He-normal by fan-in.

    The model takes `(batch, height, width, channels)`, or `(batch, height, width)`, each
    side a multiple of `2 ** len(filters)`, and returns its float32 reconstruction, of
    the same shape. Its layer `latent` has the numbers in the middle; the mean squared
    error of an example tells how unusual it is.
    """

    reconstructs: ClassVar[bool] = True
    name: Literal["conv-autoencoder"] = "conv-autoencoder"
    filters: Widths = (16, 32)
    """Channels on the way down, where each convolution halves the image; the way up has
    the same, turned round."""
    latent_units: Width = 8
    """Numbers in the middle."""
    activation: Activation = "relu"
    """What follows each hidden layer but the latent one."""

    def build(
        self,
        input_shape: Sequence[int],
        num_outputs: int | None = None,
        seed: int = 0,
        name: str | None = None,
    ) -> "keras.Model":
        """Return the model.

        Raises:
            ValueError: If `input_shape` is no image, or cannot be halved so often, if
                `num_outputs` is not None, or if a key is out of range.
        """
        import keras
        from keras import layers

        from kerasdl.backend.precision import at_least_float32
        from kerasdl.models.parts import check_no_outputs, image_input

        check_no_outputs(num_outputs)
        inputs, x = image_input(input_shape, sized=True)
        if any(side % 2 ** len(self.filters) for side in input_shape[:2]):
            rule = f"must have sides that are multiples of {2 ** len(self.filters)}"
            raise ValueError(f"`input_shape` (={tuple(input_shape)}) {rule}")
        channels = x.shape[-1]
        for number, units in enumerate(self.filters, start=1):
            # Convolved and then halved: a stride would pad at the far sides only.
            x = _convolution(units, f"encoder_{number}", seed, self.activation)(x)
            place = f"halve_{number}"
            x = layers.AveragePooling2D(2, data_format="channels_last", name=place)(x)
        x = self._through_latent(x, seed)
        for number, units in enumerate(reversed(self.filters), start=1):
            place = f"double_{number}"
            x = layers.UpSampling2D(2, data_format="channels_last", name=place)(x)
            x = _convolution(units, f"decoder_{number}", seed, self.activation)(x)
        x = _convolution(channels, "output", seed)(x)
        outputs = layers.Reshape(
            tuple(input_shape), dtype=at_least_float32(), name="shape"
        )(x)
        return keras.Model(inputs, outputs, name=name or self.identifier())

    def _through_latent(self, x: Any, seed: int) -> Any:
        """Return an image of the same shape, made of the numbers in the middle."""
        from keras import layers

        from kerasdl.initializers import HeNormal

        def dense(units: int, place: str, activation: str | None = None) -> Any:
            return layers.Dense(
                units,
                activation=activation,
                kernel_initializer=HeNormal("fan_in", derive_seed(seed, place)),
                name=place,
            )

        shape = x.shape[1:]
        x = layers.Flatten(data_format="channels_last", name="flatten")(x)
        x = dense(self.latent_units, "latent")(x)
        x = dense(math.prod(shape), "expand", self.activation)(x)
        return layers.Reshape(shape, name="image")(x)


def _convolution(
    units: int, place: str, seed: int, activation: str | None = None
) -> Any:
    """Return a 3×3 convolution; the one without an activation is the output."""
    from keras import layers

    from kerasdl.backend.precision import at_least_float32
    from kerasdl.initializers import HeNormal

    return layers.Conv2D(
        units,
        3,
        padding="same",
        activation=activation,
        data_format="channels_last",
        kernel_initializer=HeNormal("fan_in", derive_seed(seed, place)),
        dtype=None if activation else at_least_float32(),
        name=place,
    )
