"""Kernels of TensorFlow that do at once what Keras writes as many operations.

They stand in only while a step is traced, so nothing outside its graph changes.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import keras
import tensorflow as tf
from keras.src import backend

BatchNormalization = keras.layers.BatchNormalization
_keras_batch_normalization = BatchNormalization.call
_keras_lstm = backend.lstm


@contextlib.contextmanager
def native_kernels() -> Iterator[None]:
    """Let Keras use TensorFlow's own kernels."""
    with (
        mock.patch.object(BatchNormalization, "call", batch_normalization),
        mock.patch.object(backend, "lstm", lstm),
    ):
        yield


def batch_normalization(
    self: Any, inputs: tf.Tensor, training: Any = None, mask: Any = None
) -> tf.Tensor:
    """Normalise by the statistics of the batch, and keep their moving averages.

    The kernel is for images with channels last.
    """
    own_moments = type(self)._moments is not BatchNormalization._moments
    unusual = own_moments or self.synchronized or self.renorm or mask is not None
    if unusual or len(inputs.shape) != 4 or not (training and self.trainable):
        return _keras_batch_normalization(self, inputs, training=training, mask=mask)
    if self.axis not in (-1, 3) or not (self.scale and self.center):
        return _keras_batch_normalization(self, inputs, training=training, mask=mask)
    x = tf.cast(inputs, "float32")
    normalized, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=x,
        scale=tf.cast(self.gamma, "float32"),
        offset=tf.cast(self.beta, "float32"),
        mean=tf.zeros(0),
        variance=tf.zeros(0),
        epsilon=self.epsilon,
        is_training=True,
    )
    count = tf.cast(tf.size(x) // x.shape[-1], "float32")
    variance *= (count - 1) / count  # the kernel divides by one less
    for moving, new in ((self.moving_mean, mean), (self.moving_variance, variance)):
        moving.assign(moving * self.momentum + new * (1.0 - self.momentum))
    return tf.cast(normalized, self.compute_dtype)


def lstm(
    inputs: tf.Tensor,
    initial_state_h: tf.Tensor,
    initial_state_c: tf.Tensor,
    mask: Any,
    kernel: Any,
    recurrent_kernel: Any,
    bias: Any,
    activation: Callable,
    recurrent_activation: Callable,
    return_sequences: bool = False,
    go_backwards: bool = False,
    unroll: bool = False,
    time_major: bool = False,
) -> tuple:
    """Run an LSTM on the processor without a loop over time.

    Only without a mask and with the usual activations; Keras knows what to do with the
    rest, and uses cuDNN on an accelerator.
    """
    states = (initial_state_h, initial_state_c)
    weights = (kernel, recurrent_kernel, bias)
    activations = (activation, recurrent_activation)
    usual = activations == (keras.activations.tanh, keras.activations.sigmoid)
    on_processor = not tf.config.list_physical_devices("GPU")
    if mask is not None or bias is None or time_major or not usual or not on_processor:
        options = (return_sequences, go_backwards, unroll, time_major)
        return _keras_lstm(inputs, *states, mask, *weights, *activations, *options)
    kernel, recurrent_kernel, bias = (
        tf.convert_to_tensor(weight) for weight in weights
    )
    if kernel.dtype != tf.float32:
        raise NotImplementedError  # Keras then loops over time
    sequences = tf.transpose(tf.cast(inputs, kernel.dtype), [1, 0, 2])
    if go_backwards:
        sequences = tf.reverse(sequences, [0])
    none = tf.zeros_like(bias[: bias.shape[0] // 4])
    cells, hidden = tf.raw_ops.BlockLSTM(
        seq_len_max=tf.cast(tf.shape(sequences)[0], "int64"),
        x=sequences,
        cs_prev=initial_state_c,
        h_prev=initial_state_h,
        w=_in_order_of_the_kernel(tf.concat([kernel, recurrent_kernel], 0)),
        wci=none,
        wcf=none,
        wco=none,
        b=_in_order_of_the_kernel(bias),
        forget_bias=0.0,
        cell_clip=-1.0,
        use_peephole=False,
    )[1::5]
    last = hidden[-1]
    whole = tf.transpose(hidden, [1, 0, 2])
    return last, whole if return_sequences else last[:, tf.newaxis], [last, cells[-1]]


def _in_order_of_the_kernel(gates: tf.Tensor) -> tf.Tensor:
    """Keras has input, forget, cell, output; the kernel input, cell, forget, output."""
    input_gate, forget_gate, cell, output_gate = tf.split(gates, 4, axis=-1)
    return tf.concat([input_gate, cell, forget_gate, output_gate], axis=-1)
