"""The feed-forward network of a transformer."""

from typing import Any

import keras

from kerasdl.layers.dense import dense
from kerasdl.seeds import check_seed


@keras.saving.register_keras_serializable(package="kerasdl")
class FeedForward(keras.layers.Layer):
    """Apply two dense layers to each position, with an activation between them.

    Vaswani et al. 2017, https://arxiv.org/abs/1706.03762, section 3.3.

    Takes `(…, width)` and returns the same shape.

    Args:
        units: Outputs of the first layer.
        activation: Name of the activation, as in `keras.activations`; `"gelu"` is
            exact, `"gelu_tanh"` is the approximation of GPT-2.
        output_stddev: Initial standard deviation of the second kernel; the first has
            0.02.
        seed: Integer in `[0, 2**31)` for the kernels. Without one, seeds come from
            Python's `random`.
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
        self.supports_masking = True

    def build(self, input_shape: tuple) -> None:
        """Create the variables; the second layer maps back to the input width."""
        policy = self.dtype_policy
        self.expand = dense(self.units, "expand", self.seed, dtype=policy)
        self.expand.build(input_shape)
        self.project = dense(
            input_shape[-1], "project", self.seed, self.output_stddev, dtype=policy
        )
        self.project.build((*input_shape[:-1], self.units))
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Return the outputs of the second layer."""
        x = self.expand(inputs)
        if self.activation == "gelu_tanh":
            return self.project(keras.ops.gelu(x, approximate=True))
        return self.project(keras.activations.get(self.activation)(x))

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
        }
        return super().get_config() | arguments
