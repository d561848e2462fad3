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
    """An image autoencoder of convolutions, with pooling down and upsampling back.

    The decoder repeats pixels and then convolves them. This avoids the checkerboard
    pattern of transposed convolutions (Odena et al. 2016,
    https://doi.org/10.23915/distill.00003). Masci et al. 2011,
    https://doi.org/10.1007/978-3-642-21735-7_7. Kernels are He-normal by fan-in.

    The model takes `(batch, height, width, channels)`, or `(batch, height, width)`.
    Each side must be a multiple of `2 ** len(filters)`. The model returns its float32
    reconstruction, of the same shape. Its layer `latent` returns the latent vector. An
    example's mean squared error measures how unusual it is.
    """

    reconstructs: ClassVar[bool] = True
    name: Literal["conv-autoencoder"] = "conv-autoencoder"
    filters: Widths = (16, 32)
    """Channels of the encoder's convolutions; pooling after each halves the image. The
    decoder has the same in reverse order."""
    latent_units: Width = 8
    """Width of the latent vector."""
    activation: Activation = "relu"
    """Activation of each hidden layer except the latent one."""

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
            ValueError: If `input_shape` is not an image's, if a side is not a multiple
                of `2 ** len(filters)`, if `num_outputs` is not None, or if a key is
                out of range.
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
            # Pooling halves, since a strided convolution would pad at the bottom and
            # right only.
            x = _convolution(units, f"encoder_{number}", seed, self.activation)(x)
            layer_name = f"halve_{number}"
            x = layers.AveragePooling2D(
                2, data_format="channels_last", name=layer_name
            )(x)
        x = self._through_latent(x, seed)
        for number, units in enumerate(reversed(self.filters), start=1):
            layer_name = f"double_{number}"
            x = layers.UpSampling2D(2, data_format="channels_last", name=layer_name)(x)
            x = _convolution(units, f"decoder_{number}", seed, self.activation)(x)
        x = _convolution(channels, "output", seed)(x)
        outputs = layers.Reshape(
            tuple(input_shape), dtype=at_least_float32(), name="shape"
        )(x)
        return keras.Model(inputs, outputs, name=name or self.identifier())

    def _through_latent(self, x: Any, seed: int) -> Any:
        """Reduce `x` to the latent vector and expand it to the same shape."""
        from keras import layers

        from kerasdl.initializers import HeNormal

        def dense(units: int, layer_name: str, activation: str | None = None) -> Any:
            return layers.Dense(
                units,
                activation=activation,
                kernel_initializer=HeNormal("fan_in", derive_seed(seed, layer_name)),
                name=layer_name,
            )

        shape = x.shape[1:]
        x = layers.Flatten(data_format="channels_last", name="flatten")(x)
        x = dense(self.latent_units, "latent")(x)
        x = dense(math.prod(shape), "expand", self.activation)(x)
        return layers.Reshape(shape, name="image")(x)


def _convolution(
    units: int, name: str, seed: int, activation: str | None = None
) -> Any:
    """Return a 3×3 convolution; without an activation, it is the output layer."""
    from keras import layers

    from kerasdl.backend.precision import at_least_float32
    from kerasdl.initializers import HeNormal

    return layers.Conv2D(
        units,
        3,
        padding="same",
        activation=activation,
        data_format="channels_last",
        kernel_initializer=HeNormal("fan_in", derive_seed(seed, name)),
        dtype=None if activation else at_least_float32(),
        name=name,
    )
