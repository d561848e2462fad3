"""The feed-forward network of a transformer."""

from typing import Any

import keras

from kerasdl.layers.dense import dense
from kerasdl.seeds import check_seed


@keras.saving.register_keras_serializable(package="kerasdl")
class FeedForward(keras.layers.Layer):
    """Apply two dense layers to each position, with an activation between them.

    Vaswani et al. 2017, https://arxiv.org/abs/1706.03762, section 3.3. A gated one
    multiplies the outputs of the first layer by those of another, which has the
    activation: with `"silu"` it is SwiGLU (Shazeer 2020,
    https://arxiv.org/abs/2002.05202, section 2).

    Takes `(…, width)` and returns the same shape.

    Args:
        units: Outputs of the first layer.
        activation: Name of the activation, as in `keras.activations`; `"gelu"` is
            exact, `"gelu_tanh"` is the approximation of GPT-2.
        output_stddev: Initial standard deviation of the second kernel; the first has
            0.02.
        seed: Integer in `[0, 2**31)` for the kernels. Without one, seeds come from
            Python's `random`.
        gated: Whether another layer gates the outputs of the first.
        use_bias: Whether the layers have biases.
        **kwargs: Passed to `keras.layers.Layer`.

    Raises:
        ValueError: If `seed` is out of range, or `activation` is unknown.
    """

    def __init__(
        self,
        units: int,
        activation: str = "gelu",
        output_stddev: float = 0.02,
        seed: int | None = None,
        gated: bool = False,
        use_bias: bool = True,
        **kwargs: Any,
    ):
        check_seed(seed)
        if activation != "gelu_tanh":
            keras.activations.get(activation)
        super().__init__(**kwargs)
        self.units = units
        self.activation = activation
        self.output_stddev = output_stddev
        self.seed = seed
        self.gated = gated
        self.use_bias = use_bias
        self.gate = None
        self.supports_masking = True

    def build(self, input_shape: tuple) -> None:
        """Create the variables; the second layer maps back to the input width."""
        settings = {"use_bias": self.use_bias, "dtype": self.dtype_policy}
        self.expand = dense(self.units, "expand", self.seed, **settings)
        self.expand.build(input_shape)
        if self.gated:
            self.gate = dense(self.units, "gate", self.seed, **settings)
            self.gate.build(input_shape)
        self.project = dense(
            input_shape[-1], "project", self.seed, self.output_stddev, **settings
        )
        self.project.build((*input_shape[:-1], self.units))
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Return the outputs of the last layer."""
        x = self.expand(inputs)
        if self.gate is not None:
            return self.project(x * self._activated(self.gate(inputs)))
        return self.project(self._activated(x))

    def _activated(self, x: Any) -> Any:
        if self.activation == "gelu_tanh":
            return keras.ops.gelu(x, approximate=True)
        return keras.activations.get(self.activation)(x)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Return the input shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        arguments = {
            "units": self.units,
            "activation": self.activation,
            "output_stddev": self.output_stddev,
            "seed": self.seed,
            "gated": self.gated,
            "use_bias": self.use_bias,
        }
        return super().get_config() | arguments
