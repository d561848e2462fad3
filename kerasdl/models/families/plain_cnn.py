"""Convolutional networks without shortcuts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from kerasdl.config.rules import Fraction, Width, Widths
from kerasdl.models.family import Activation, Family
from kerasdl.seeds import derive_seed

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class PlainCNN(Family):
    """A plain CNN: (3×3 convolution → activation → 2×2 max-pool) × k → Dense → Dense.

    The shape of LeNet-5 (LeCun et al. 1998, https://doi.org/10.1109/5.726791, section
    II.B) with ReLU, maximum and dropout. Kernels are He-normal by fan-in.

    The model takes `(batch, height, width, channels)`, or `(batch, height, width)` for
    one channel, each side at least `2 ** len(filters)`, and returns float32 logits or
    values `(batch, num_outputs)`.
    """

    name: Literal["plain-cnn"] = "plain-cnn"
    filters: Widths = (32, 64)
    """Channels of each convolution; after each, the image is halved."""
    hidden_units: Width = 512
    """Width of the hidden dense layer."""
    dropout: Fraction = 0.5
    """Share of its activations zeroed in training."""
    activation: Activation = "relu"
    """What follows each layer but the last."""

    def build(
        self,
        input_shape: Sequence[int],
        num_outputs: int | None,
        seed: int = 0,
        name: str | None = None,
    ) -> "keras.Model":
        """Return the model.

        Raises:
            ValueError: If `input_shape` is no image, or too small to be halved so
                often, or if a key is out of range.
        """
        import keras
        from keras import layers

        from kerasdl.initializers import HeNormal
        from kerasdl.layers import Dropout
        from kerasdl.models.parts import head, image_input

        inputs, x = image_input(input_shape, sized=True)
        if min(input_shape[:2]) < 2 ** len(self.filters):
            rule = f"is too small for {len(self.filters)} poolings"
            raise ValueError(f"`input_shape` (={tuple(input_shape)}) {rule}")

        def kernel(place: str) -> HeNormal:
            return HeNormal("fan_in", derive_seed(seed, place))

        for number, width in enumerate(self.filters, start=1):
            place = f"conv_{number}"
            x = layers.Conv2D(
                width,
                3,
                padding="same",
                activation=self.activation,
                data_format="channels_last",
                kernel_initializer=kernel(place),
                name=place,
            )(x)
            place = f"pool_{number}"
            x = layers.MaxPooling2D(2, data_format="channels_last", name=place)(x)
        x = layers.Flatten(data_format="channels_last", name="flatten")(x)
        x = layers.Dense(
            self.hidden_units,
            activation=self.activation,
            kernel_initializer=kernel("dense"),
            name="dense",
        )(x)
        x = Dropout(self.dropout, derive_seed(seed, "dropout"), name="dropout")(x)
        outputs = head(x, num_outputs, kernel("head"))
        return keras.Model(inputs, outputs, name=name or self.identifier())
