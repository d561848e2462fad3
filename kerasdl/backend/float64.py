"""Keras in float64, which shows what float32 rounds away."""

import contextlib
from collections.abc import Iterator
from typing import Any
from unittest import mock

import keras

from kerasdl.backend import keras_internals


@contextlib.contextmanager
def float64() -> Iterator[None]:
    """Let Keras compute in float64, in models that are built within.

    `keras.config.set_floatx` alone does not do it: to be like JAX, which knows 64 bits
    only when told to, Keras turns the results of many operations into float32. What is
    left in float32 is the softmax of Keras's attention under JAX.
    """
    former = keras.config.floatx(), keras.config.dtype_policy()
    prepared = {
        "jax": _jax_of_64_bits,
        "tensorflow": _tensorflow_of_exact_numbers,
        "torch": _torch_of_contiguous_kernels,
    }
    prepare = prepared.get(keras.config.backend(), contextlib.nullcontext)
    shortened = keras_internals.shortened_dtypes()
    unshortened = mock.patch.dict(shortened, {"float64": "float64"})
    try:
        keras.config.set_floatx("float64")
        keras.config.set_dtype_policy("float64")
        with prepare(), unshortened:
            yield
    finally:
        keras.config.set_floatx(former[0])
        keras.config.set_dtype_policy(former[1])


@contextlib.contextmanager
def _jax_of_64_bits() -> Iterator[None]:
    import jax

    former = jax.config.read("jax_enable_x64")
    jax.config.update("jax_enable_x64", True)
    try:
        yield
    finally:
        jax.config.update("jax_enable_x64", former)


@contextlib.contextmanager
def _tensorflow_of_exact_numbers() -> Iterator[None]:
    """Let Keras cast numbers of Python, which TensorFlow takes by way of float32.

    Such as the 0.999 of Adam, of which 1e-8 would be lost, and 1e-5 of what it lacks
    to 1.
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
def _torch_of_contiguous_kernels() -> Iterator[None]:
    """Let PyTorch take the gradient of a convolution of one filter.

    On a CPU, in float64, it refuses to for a kernel with channels last, as Keras's are:
    "slow_conv2d: grad_weight must be contiguous".
    """
    from torch.nn import functional

    convolve = functional.conv2d

    def contiguous(x: Any, kernel: Any, *args: Any, **kwargs: Any) -> Any:
        return convolve(x, kernel.contiguous(), *args, **kwargs)

    with mock.patch.object(functional, "conv2d", contiguous):
        yield
