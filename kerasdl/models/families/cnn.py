"""Residual convolutional networks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from kerasdl.config.rules import Widths
from kerasdl.models.family import Activation, Family, Norm, Stem
from kerasdl.seeds import derive_seed

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class CNN(Family):
    """A residual CNN: stem → one block for each width → global average → Dense.

    Every block after the first halves the image; the stem has as many channels as the
    first block. He et al. 2016, https://arxiv.org/abs/1512.03385, sections 3.3 and 4.2.

    The model takes `(batch, height, width, channels)`, or `(batch, height, width)` for
    one channel, and returns float32 logits or values `(batch, num_outputs)`. Height and
    width may be None, unless `stem` is `auto`.
    """

    takes: ClassVar[Literal["any", "images", "sequences"]] = "images"
    name: Literal["cnn"] = "cnn"
    filters: Widths = (64, 128, 256)
    """Channels of each residual block; every block after the first halves the image."""
    stem: Stem = "auto"
    """`large`: 7×7 convolution, stride 2, then 3×3 max-pooling, stride 2. `small`: 3×3
    convolution, stride 1. `auto`: `small` for images under 64 pixels. Normalisation and
    activation follow the convolution."""
    activation: Activation = "relu"
    """Activation after each sum and each normalisation, except a block's last one."""
    norm: Norm = "batch"
    """Normalisation after each convolution: over the `batch`, over the channels of a
    pixel (`layer`), by their root mean square (`rms`), or `none`."""

    def build(
        self,
        input_shape: Sequence[int],
        num_outputs: int | None,
        seed: int = 0,
        name: str | None = None,
    ) -> "keras.Model":
        """Return the model.

        Raises:
            ValueError: If `input_shape` is not an image's, or a key is invalid.
        """
        import keras
        from keras import layers

        from kerasdl.initializers import HeNormal
        from kerasdl.layers import ResidualBlock
        from kerasdl.models.parts import head, image_input
        from kerasdl.models.stem import add_stem

        inputs, x = image_input(input_shape)
        settings = self.activation, self.norm
        x = add_stem(x, self.filters[0], self.stem, seed, *settings)
        for number, width in enumerate(self.filters, start=1):
            layer_name = f"block_{number}"
            strides, own_seed = 1 if number == 1 else 2, derive_seed(seed, layer_name)
            x = ResidualBlock(width, strides, own_seed, *settings, name=layer_name)(x)
        x = layers.GlobalAveragePooling2D(data_format="channels_last", name="pool")(x)
        kernel = HeNormal("fan_out", derive_seed(seed, "head"))
        outputs = head(x, num_outputs, kernel)
        return keras.Model(inputs, outputs, name=name or self.identifier())
