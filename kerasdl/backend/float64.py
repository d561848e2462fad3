"""Keras in float64, to show the rounding errors of float32."""

import contextlib
from collections.abc import Iterator
from typing import Any
from unittest import mock

import keras

from kerasdl.backend import keras_internals


@contextlib.contextmanager
def float64() -> Iterator[None]:
    """Make Keras compute in float64, in models built inside the context.

    `keras.config.set_floatx` alone is not enough. Keras casts the results of many
    operations to float32, to match JAX, where 64 bits are off by default. One operation
    stays in float32: the softmax of Keras's attention under JAX.
    """
    previous = keras.config.floatx(), keras.config.dtype_policy()
    preparations = {
        "jax": _jax_x64,
        "tensorflow": _tensorflow_exact_casts,
        "torch": _torch_contiguous_kernels,
    }
    prepare = preparations.get(keras.config.backend(), contextlib.nullcontext)
    narrowed_dtypes = keras_internals.narrowed_dtypes()
    keep_float64 = mock.patch.dict(narrowed_dtypes, {"float64": "float64"})
    try:
        keras.config.set_floatx("float64")
        keras.config.set_dtype_policy("float64")
        with prepare(), keep_float64:
            yield
    finally:
        keras.config.set_floatx(previous[0])
        keras.config.set_dtype_policy(previous[1])


@contextlib.contextmanager
def _jax_x64() -> Iterator[None]:
    import jax

    previous = jax.config.read("jax_enable_x64")
    jax.config.update("jax_enable_x64", True)
    try:
        yield
    finally:
        jax.config.update("jax_enable_x64", previous)


@contextlib.contextmanager
def _tensorflow_exact_casts() -> Iterator[None]:
    """Make Keras cast Python floats exactly; TensorFlow rounds them to float32 first.

    The 0.999 of Adam would be off by 1e-8, and 1 - 0.999 by a relative 1e-5.
    """
    import tensorflow as tf
    from keras.src.backend.tensorflow import core

    cast = core.cast

    def exact(x: Any, dtype: Any) -> Any:
        if isinstance(x, float):
            return tf.constant(x, keras.backend.standardize_dtype(dtype))
        return cast(x, dtype)

    with mock.patch.object(core, "cast", exact):
        yield


@contextlib.contextmanager
def _torch_contiguous_kernels() -> Iterator[None]:
    """Make PyTorch differentiate a convolution with one filter.

    On a CPU in float64, PyTorch fails for kernels with channels last, as Keras's are:
    "slow_conv2d: grad_weight must be contiguous".
    """
    from torch.nn import functional

    convolve = functional.conv2d

    def contiguous(x: Any, kernel: Any, *args: Any, **kwargs: Any) -> Any:
        return convolve(x, kernel.contiguous(), *args, **kwargs)

    with mock.patch.object(functional, "conv2d", contiguous):
        yield
