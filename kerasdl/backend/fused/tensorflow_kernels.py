"""Kernels for TensorFlow that do at once what Keras writes as many operations.

They stand in only while a step that computes in float32 is traced, so nothing outside its
graph changes.
"""

import contextlib
from collections.abc import Iterator
from typing import Any
from unittest import mock

import keras
import tensorflow as tf

from kerasdl.backend.fused.tensorflow_lstm import lstm

Adam = keras.optimizers.Adam
LSTM = keras.layers.LSTM
BatchNormalization = keras.layers.BatchNormalization
_keras_lstm_inner_loop = LSTM.inner_loop
_keras_adam = Adam.update_step
_keras_batch_normalization = BatchNormalization.call


@contextlib.contextmanager
def native_kernels() -> Iterator[None]:
    """Let Keras use these kernels."""
    with contextlib.ExitStack() as stack:
        normalize = mock.patch.object(BatchNormalization, "call", batch_normalization)
        stack.enter_context(normalize)
        stack.enter_context(mock.patch.object(Adam, "update_step", adam))
        if not tf.config.list_physical_devices("GPU"):  # there Keras has cuDNN's
            stack.enter_context(mock.patch.object(keras.src.backend, "lstm", lstm))
            stack.enter_context(mock.patch.object(LSTM, "inner_loop", lstm_inner_loop))
        yield


def adam(
    self: Any, gradient: Any, variable: tf.Variable, learning_rate: tf.Tensor
) -> None:
    """Update by Adam (Kingma and Ba, 2015, section 2), in one walk through memory."""
    dtype = variable.dtype
    known = isinstance(gradient, tf.Tensor) and dtype == tf.float32
    if self.amsgrad or not known:
        _keras_adam(self, gradient, variable, learning_rate)
        return
    index = self._get_variable_index(variable)
    step = tf.cast(self.iterations + 1, dtype)
    tf.raw_ops.ResourceApplyAdam(
        var=variable.handle,
        m=self._momentums[index].value.handle,
        v=self._velocities[index].value.handle,
        beta1_power=self.beta_1**step,
        beta2_power=self.beta_2**step,
        lr=tf.cast(learning_rate, dtype),
        beta1=tf.cast(self.beta_1, dtype),
        beta2=tf.cast(self.beta_2, dtype),
        epsilon=tf.cast(self.epsilon, dtype),
        grad=tf.cast(gradient, dtype),
    )


def lstm_inner_loop(self: Any, *args: Any, **kwargs: Any) -> Any:
    """Run Keras's, which takes any kernel for cuDNN's, and so to exclude XLA."""
    supports_jit = self.supports_jit
    try:
        return _keras_lstm_inner_loop(self, *args, **kwargs)
    finally:
        self.supports_jit = supports_jit


def batch_normalization(
    self: Any, inputs: tf.Tensor, training: Any = None, mask: Any = None
) -> tf.Tensor:
    """Normalise by the statistics of the batch, and keep their moving averages.

    The kernel is for images with channels last.
    """
    own_moments = type(self)._moments is not BatchNormalization._moments
    unusual = own_moments or self.synchronized or self.renorm or mask is not None
    unusual = unusual or inputs.dtype != tf.float32
    if unusual or len(inputs.shape) != 4 or not (training and self.trainable):
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
    variance *= (count - 1) / count  # the kernel divides by one less
    for moving, new in ((self.moving_mean, mean), (self.moving_variance, variance)):
        moving.assign(moving * self.momentum + new * (1.0 - self.momentum))
    return normalized
