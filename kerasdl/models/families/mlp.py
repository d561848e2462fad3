"""Multilayer perceptrons."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from kerasdl.config.rules import Fraction, Widths
from kerasdl.models.family import Activation, Family, Norm
from kerasdl.models.published.library import FLAX, Library
from kerasdl.seeds import derive_seed

if TYPE_CHECKING:
    import keras

DEEPEST = 16
"""Most hidden layers of a network whose weights come from other libraries."""


@dataclass(frozen=True)
class MLP(Family):
    """An MLP: (Dense → normalisation → activation → Dropout) × k → Dense.

    Kernels are He-normal by fan-out, biases zero. The model takes
    `(batch, *input_shape)`, which it flattens, and returns float32 logits or values of
    shape `(batch, num_outputs)`.
    """

    name: Literal["mlp"] = "mlp"
    hidden_units: Widths = (256, 128)
    """Width of each hidden layer."""
    dropout: Fraction = 0.3
    """Fraction of hidden activations zeroed in training."""
    activation: Activation = "relu"
    """Activation after each normalisation."""
    norm: Norm = "batch"
    """Normalisation of each hidden layer: over the `batch`, over its units (`layer`),
    by their root mean square (`rms`), or `none`."""
    residual: bool = False
    """Whether a hidden layer's input is added to its output, projected where the widths
    differ: He et al. 2016, https://arxiv.org/abs/1512.03385, section 3.2."""

    @classmethod
    def published(cls) -> tuple[Library, ...]:
        """Return the libraries whose networks number their layers, for each depth."""
        return tuple(
            Library(
                name,
                {
                    r"dense_(\d+)": f"{layer}{{}}",
                    r"norm_(\d+)": "BatchNorm_{}",
                    r"head": f"{layer}{depth}",
                },
                last=rf"{layer}{depth}\..*",
                holds={"norm": norms, "residual": (False,)},
                **settings,
            )
            for depth in range(DEEPEST, 0, -1)
            for name, layer, norms, settings in (
                ("flax", "Dense_", ("batch", "none"), FLAX),
                ("equinox", "layers.", ("none",), {}),
            )
        )

    def build(
        self,
        input_shape: Sequence[int],
        num_outputs: int | None,
        seed: int = 0,
        name: str | None = None,
    ) -> "keras.Model":
        """Return the model.

        Raises:
            ValueError: If `seed` or a key is out of range.
        """
        import keras
        from keras import layers

        from kerasdl.initializers import HeNormal
        from kerasdl.layers import Dropout, normalization
        from kerasdl.models.parts import head

        def dense(units: int, layer_name: str, use_bias: bool = True) -> Any:
            kernel = HeNormal("fan_out", derive_seed(seed, layer_name))
            return layers.Dense(
                units, use_bias=use_bias, kernel_initializer=kernel, name=layer_name
            )

        inputs = keras.Input(tuple(input_shape), name="inputs")
        x = inputs if len(input_shape) == 1 else layers.Flatten(name="flatten")(inputs)
        for number, units in enumerate(self.hidden_units, start=1):
            shortcut = x
            x = dense(units, f"dense_{number}")(x)
            x = normalization(self.norm, f"norm_{number}")(x)
            layer_name = f"{self.activation}_{number}"
            x = layers.Activation(self.activation, name=layer_name)(x)
            layer_name = f"dropout_{number}"
            x = Dropout(self.dropout, derive_seed(seed, layer_name), name=layer_name)(x)
            if self.residual:
                if shortcut.shape[-1] != units:
                    layer_name = f"projection_{number}"
                    shortcut = dense(units, layer_name, use_bias=False)(shortcut)
                x = layers.Add(name=f"sum_{number}")([x, shortcut])
        kernel = HeNormal("fan_out", derive_seed(seed, "head"))
        outputs = head(x, num_outputs, kernel)
        return keras.Model(inputs, outputs, name=name or self.identifier())
