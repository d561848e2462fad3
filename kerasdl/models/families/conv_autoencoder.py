"""Autoencoders of convolutions."""

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

    takes: ClassVar[Literal["any", "images", "sequences"]] = "images"
    reconstructs: ClassVar[bool] = True
    latent_layer: ClassVar[str | None] = "latent"
    name: Literal["conv-autoencoder"] = "conv-autoencoder"
    filters: Widths = (16, 32)
    """Channels of the encoder's convolutions; pooling after each halves the image. The
    decoder has the same in reverse order."""
    latent_units: Width = 8
    """Width of the latent vector."""
    activation: Activation = "relu"
    """Activation of each hidden layer except the latent one."""
    norm: Norm = "none"
    """Normalisation before each activation: over the `batch`, over the channels of a
    pixel or the units of a dense layer (`layer`), by their root mean square (`rms`), or
    `none`."""

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
        from kerasdl.models.parts import activated, check_no_outputs, image_input

        check_no_outputs(num_outputs)
        inputs, x = image_input(input_shape, sized=True)
        if any(side % 2 ** len(self.filters) for side in input_shape[:2]):
            rule = f"must have sides that are multiples of {2 ** len(self.filters)}"
            raise ValueError(f"`input_shape` (={tuple(input_shape)}) {rule}")
        channels = x.shape[-1]
        hidden = layers.Conv2D, self.activation, self.norm
        for number, units in enumerate(self.filters, start=1):
            # Pooling halves, since a strided convolution would pad at the bottom and
            # right only.
            settings = _convolution(units, f"encoder_{number}", seed)
            x = activated(x, *hidden, **settings)
            layer_name = f"halve_{number}"
            x = layers.AveragePooling2D(
                2, data_format="channels_last", name=layer_name
            )(x)
        x = self._through_latent(x, seed)
        for number, units in enumerate(reversed(self.filters), start=1):
            layer_name = f"double_{number}"
            x = layers.UpSampling2D(2, data_format="channels_last", name=layer_name)(x)
            settings = _convolution(units, f"decoder_{number}", seed)
            x = activated(x, *hidden, **settings)
        settings = _convolution(channels, "output", seed)
        x = layers.Conv2D(**settings, dtype=at_least_float32())(x)
        outputs = layers.Reshape(
            tuple(input_shape), dtype=at_least_float32(), name="shape"
        )(x)
        return keras.Model(inputs, outputs, name=name or self.identifier())

    def _through_latent(self, x: Any, seed: int) -> Any:
        """Reduce `x` to the latent vector and expand it to the same shape."""
        from keras import layers

        from kerasdl.models.parts import activated

        shape = x.shape[1:]
        x = layers.Flatten(data_format="channels_last", name="flatten")(x)
        x = layers.Dense(self.latent_units, **_named("latent", seed))(x)
        hidden = layers.Dense, self.activation, self.norm
        x = activated(x, *hidden, units=math.prod(shape), **_named("expand", seed))
        return layers.Reshape(shape, name="image")(x)


def _convolution(filters: int, name: str, seed: int) -> dict[str, Any]:
    """Return the arguments of a 3×3 convolution."""
    return _named(name, seed) | {
        "filters": filters,
        "kernel_size": 3,
        "padding": "same",
        "data_format": "channels_last",
    }


def _named(name: str, seed: int) -> dict[str, Any]:
    """Return the name and the kernel of a layer."""
    from kerasdl.initializers import HeNormal

    kernel = HeNormal("fan_in", derive_seed(seed, name))
    return {"kernel_initializer": kernel, "name": name}
