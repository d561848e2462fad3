"""The prediction of an ensemble whose members are trained each for itself."""

from typing import Any, Literal

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasdl")
class MemberAverage(keras.layers.Layer):
    """Average the predictions of members, and train each member by its own loss.

    In prediction, it returns the mean of numbers, or for logits the logarithm of the
    mean of the members' probabilities, as TabM does: Gorishniy et al. 2025,
    https://arxiv.org/abs/2410.24210, section 3.

    In training, the loss of the output and the loss that the layer adds sum to the mean
    of the members' losses, so that no loss or metric has to know of members:

    - Squared error of the mean, plus the variance of the members. This is the ambiguity
      decomposition of Krogh & Vedelsby 1995.
    - Cross-entropy of the mean m of the members' log-probabilities, less log Σ exp m.
      It holds for smoothed labels and for class probabilities too.

    The added loss is a mean over the batch. So sample and class weights of `fit` would
    change the loss of the mean alone.

    Takes `(batch, members, outputs)` and returns `(batch, outputs)`.

    Args:
        of: `"probabilities"` for logits that are trained by cross-entropy, `"numbers"`
            for values that are trained by squared error. The loss must be a mean over
            the batch.
        **kwargs: Passed to `keras.layers.Layer`.

    Raises:
        ValueError: If `of` is neither.
    """

    def __init__(
        self, of: Literal["probabilities", "numbers"] = "probabilities", **kwargs: Any
    ):
        if of not in ("probabilities", "numbers"):
            raise ValueError(f"`of` (={of!r}) must be 'probabilities' or 'numbers'")
        super().__init__(**kwargs)
        self.of = of
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the average; in training, also add a loss."""
        if self.of == "numbers":
            if training:
                exact = _in_loss_dtype(inputs)
                self.add_loss(
                    ops.mean((exact - ops.mean(exact, 1, keepdims=True)) ** 2)
                )
            return ops.mean(inputs, axis=1)
        each = ops.log_softmax(inputs, axis=-1)
        if not training:
            return ops.logsumexp(each, axis=1) - ops.log(
                ops.cast(inputs.shape[1], each.dtype)
            )
        mean = ops.mean(each, axis=1)
        self.add_loss(-ops.mean(ops.logsumexp(_in_loss_dtype(mean), axis=-1)))
        return mean

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Return `(batch, outputs)`."""
        return (input_shape[0], input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return super().get_config() | {"of": self.of}


def _in_loss_dtype(x: Any) -> Any:
    """Return `x` in the dtype of Keras's losses; TensorFlow adds no two dtypes."""
    return ops.cast(x, keras.config.floatx())
