"""Convolutional networks without shortcuts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from kerasdl.config.rules import Fraction, Width, Widths
from kerasdl.models.family import Activation, Family, Norm
from kerasdl.seeds import derive_seed

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class PlainCNN(Family):
    """A plain CNN: (3×3 convolution → activation → 2×2 max-pool) × k → Dense → Dense.

    The layout of LeNet-5 (LeCun et al. 1998, https://doi.org/10.1109/5.726791, section
    II.B), but with ReLU, max-pooling and dropout. Kernels are He-normal by fan-in.

    The model takes `(batch, height, width, channels)`, or `(batch, height, width)` for
    one channel, with each side at least `2 ** len(filters)`. It returns float32 logits
    or values `(batch, num_outputs)`.
    """

    takes: ClassVar[Literal["any", "images", "sequences"]] = "images"
    name: Literal["plain-cnn"] = "plain-cnn"
    filters: Widths = (32, 64)
    """Channels of each convolution; pooling after each halves the image."""
    hidden_units: Width = 512
    """Width of the hidden dense layer."""
    dropout: Fraction = 0.5
    """Fraction of the hidden dense layer's activations zeroed in training."""
    activation: Activation = "relu"
    """Activation of each layer except the last."""
    norm: Norm = "none"
    """Normalisation before each activation: over the `batch`, over the channels of a
    pixel or the units of a dense layer (`layer`), by their root mean square (`rms`), or
    `none`."""

    def build(
        self,
        input_shape: Sequence[int],
        num_outputs: int | None,
        seed: int = 0,
        name: str | None = None,
    ) -> "keras.Model":
        """Return the model.

        Raises:
            ValueError: If `input_shape` is not an image's, if a side is under
                `2 ** len(filters)`, or if a key is out of range.
        """
        import keras
        from keras import layers

        from kerasdl.initializers import HeNormal
        from kerasdl.layers import Dropout
        from kerasdl.models.parts import activated, head, image_input

        inputs, x = image_input(input_shape, sized=True)
        if min(input_shape[:2]) < 2 ** len(self.filters):
            rule = f"is too small for {len(self.filters)} poolings"
            raise ValueError(f"`input_shape` (={tuple(input_shape)}) {rule}")

        def kernel(layer_name: str) -> HeNormal:
            return HeNormal("fan_in", derive_seed(seed, layer_name))

        for number, width in enumerate(self.filters, start=1):
            layer_name = f"conv_{number}"
            x = activated(
                x,
                layers.Conv2D,
                self.activation,
                self.norm,
                filters=width,
                kernel_size=3,
                padding="same",
                data_format="channels_last",
                kernel_initializer=kernel(layer_name),
                name=layer_name,
            )
            layer_name = f"pool_{number}"
            x = layers.MaxPooling2D(2, data_format="channels_last", name=layer_name)(x)
        x = layers.Flatten(data_format="channels_last", name="flatten")(x)
        x = activated(
            x,
            layers.Dense,
            self.activation,
            self.norm,
            units=self.hidden_units,
            kernel_initializer=kernel("dense"),
            name="dense",
        )
        x = Dropout(self.dropout, derive_seed(seed, "dropout"), name="dropout")(x)
        outputs = head(x, num_outputs, kernel("head"))
        return keras.Model(inputs, outputs, name=name or self.identifier())
