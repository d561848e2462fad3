"""Fused TensorFlow kernels for what Keras writes as many operations.

They replace Keras's functions only while a float32 step is traced, so nothing outside
its graph changes.
"""

import contextlib
from typing import Any

import keras
import tensorflow as tf

from kerasdl.backend.fused.lstm import lstm_kernel
from kerasdl.backend.fused.stand_ins import replaced
from kerasdl.backend.fused.tensorflow_lstm import hidden_states
from kerasdl.backend.keras_internals import (
    base_optimizer,
    keras_backend,
    variable_index,
)

Optimizer = keras.optimizers.Optimizer
Adam = keras.optimizers.Adam
LSTM = keras.layers.LSTM
BatchNormalization = keras.layers.BatchNormalization
_keras_lstm_inner_loop = LSTM.inner_loop
_keras_adam = Adam._backend_update_step
_keras_batch_normalization = BatchNormalization.call


def native_kernels() -> contextlib.AbstractContextManager[None]:
    """Make Keras use these kernels inside the context."""
    replacements = [
        (BatchNormalization, "call", batch_normalization),
        (Adam, "_backend_update_step", adam),
        (Optimizer, "_apply_weight_decay", weight_decay),
        (base_optimizer, "global_norm", global_norm),
    ]
    if not tf.config.list_physical_devices("GPU"):  # on a GPU Keras has cuDNN's
        replacements += [
            (keras_backend, "lstm", lstm_kernel(hidden_states)),
            (LSTM, "inner_loop", lstm_inner_loop),
        ]
    return replaced(replacements)


def adam(
    self: Any, gradients: list, variables: list[Any], learning_rate: tf.Tensor
) -> None:
    """Update by Adam (Kingma and Ba, 2015, section 2), equal to Keras to the last bit.

    `ResourceApplyAdam` would need one pass through memory. But it subtracts the betas
    from one in single precision, which leaves five digits of 0.001.
    """
    if self.amsgrad or type(self).update_step is not Adam.update_step:
        _keras_adam(self, gradients, variables, learning_rate)
        return
    step = tf.cast(self.iterations + 1, tf.float32)
    powers = [tf.cast(beta, tf.float32) ** step for beta in (self.beta_1, self.beta_2)]
    rate = tf.cast(learning_rate, tf.float32)
    rate = rate * tf.sqrt(1 - powers[1]) / (1 - powers[0])
    shares = [tf.cast(1 - beta, tf.float32) for beta in (self.beta_1, self.beta_2)]
    for gradient, variable in zip(gradients, variables, strict=True):
        value = variable.value
        if value.dtype != tf.float32:
            self.update_step(gradient, value, learning_rate)
            continue
        index = variable_index(self, value)
        mean, square = self._momentums[index].value, self._velocities[index].value
        _update_average(mean, gradient, shares[0])
        _update_average(square, tf.square(gradient), shares[1])
        tf.raw_ops.ResourceApplyAdagradV2(
            var=value.handle,
            accum=square.handle,
            lr=rate,
            epsilon=self.epsilon,
            grad=mean,
            update_slots=False,
        )


def _update_average(average: tf.Variable, new: tf.Tensor, share: tf.Tensor) -> None:
    """Move an average by a share of its distance to a new value."""
    tf.raw_ops.ResourceApplyGradientDescent(
        var=average.handle, alpha=share, delta=average - new
    )


def weight_decay(self: Any, variables: list[Any]) -> None:
    """Shrink the weights; the rate is computed only once."""
    if self.weight_decay is None:
        return
    rate = self.learning_rate * self.weight_decay
    for value in (variable.value for variable in variables):
        if self._use_weight_decay(value):
            value.assign_sub(value * tf.cast(rate, value.dtype))


def global_norm(tensors: list) -> tf.Tensor:
    """Return the Euclidean norm of all tensors together."""
    present = [tensor for tensor in tensors if tensor is not None]
    return tf.linalg.global_norm(present)


def lstm_inner_loop(self: Any, *args: Any, **kwargs: Any) -> Any:
    """Run Keras's loop, but keep `supports_jit`: only cuDNN's kernel excludes XLA."""
    supports_jit = self.supports_jit
    try:
        return _keras_lstm_inner_loop(self, *args, **kwargs)
    finally:
        self.supports_jit = supports_jit


def batch_normalization(
    self: Any, inputs: tf.Tensor, training: Any = None, mask: Any = None
) -> tf.Tensor:
    """Normalise by the statistics of the batch, and update their moving averages.

    The kernel supports images with channels last.
    """
    own_moments = type(self)._moments is not BatchNormalization._moments
    unsupported = own_moments or self.synchronized or self.renorm or mask is not None
    unsupported = unsupported or inputs.dtype != tf.float32
    if unsupported or len(inputs.shape) != 4 or not (training and self.trainable):
        return _keras_batch_normalization(self, inputs, training=training, mask=mask)
    if self.axis not in (-1, 3) or not (self.scale and self.center):
        return _keras_batch_normalization(self, inputs, training=training, mask=mask)
    normalized, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=inputs,
        scale=self.gamma,
        offset=self.beta,
        mean=tf.zeros(0),
        variance=tf.zeros(0),
        epsilon=self.epsilon,
        is_training=True,
    )
    count = tf.cast(tf.size(inputs) // inputs.shape[-1], "float32")
    variance *= (count - 1) / count  # the kernel divides by `count - 1`
    for moving, new in ((self.moving_mean, mean), (self.moving_variance, variance)):
        moving.assign(moving * self.momentum + new * (1.0 - self.momentum))
    return normalized
