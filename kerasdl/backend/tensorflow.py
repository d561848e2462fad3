"""The TensorFlow backend."""

from collections.abc import Callable, Sequence
from typing import Any, cast

import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.eager import record
from tensorflow.python.util import _pywrap_util_port


def seed(seed: int) -> None:
    """Seed TensorFlow's operations, and its global `tf.random.Generator`."""
    tf.random.set_seed(seed)
    tf.random.set_global_generator(tf.random.Generator.from_seed(seed))


def devices() -> list[str]:
    """Return the devices TensorFlow sees."""
    gpus = tf.config.list_logical_devices("GPU")
    return [device.name.removeprefix("/device:").lower() for device in gpus] or ["cpu"]


def peak_device_memory_bytes() -> int | None:
    """Return the peak accelerator memory in bytes, or None without accelerator."""
    gpus = devices()
    if gpus == ["cpu"]:
        return None
    return sum(tf.config.experimental.get_memory_info(name)["peak"] for name in gpus)


def convolves_by_onednn() -> bool:
    """Return whether oneDNN computes convolutions; by default only on some CPUs."""
    return devices() == ["cpu"] and _pywrap_util_port.IsMklEnabled()


def keep_float32() -> None:
    """Compute float32 products in full float32 precision on every device."""
    tf.config.experimental.enable_tensor_float_32_execution(False)


def random_states() -> dict[str, np.ndarray]:
    """Return the state of TensorFlow's global `tf.random.Generator`.

    The draws of operations such as `tf.random.uniform` are counted where nothing can
    read them.
    """
    return {"generator": tf.random.get_global_generator().state.numpy()}


def set_random_states(states: dict[str, np.ndarray]) -> None:
    """Restore the state of TensorFlow's global `tf.random.Generator`."""
    tf.random.get_global_generator().state.assign(states["generator"])


def to_numpy(variable: keras.Variable) -> np.ndarray:
    """Return the value of a variable."""
    return np.asarray(variable.value.numpy())


def dense(gradients: Sequence[Any]) -> list[Any]:
    """Return the gradients as tensors; the rows of repeated lookups are summed."""
    return [_dense(gradient) for gradient in gradients]


def _dense(gradient: Any) -> Any:
    if not isinstance(gradient, tf.IndexedSlices):
        return gradient
    rows = cast(tf.Tensor, gradient.dense_shape)[0]
    return tf.math.unsorted_segment_sum(gradient.values, gradient.indices, rows)


def differentiates(tensor: tf.Tensor) -> bool:
    """Return whether operations on any tensor are being differentiated.

    A `tf.GradientTape` does not tell which tensors it watches.
    """
    return record.could_possibly_record()


def global_norm(tensors: Sequence[Any]) -> tf.Tensor:
    """Return the Euclidean norm of all tensors together, a float32 scalar."""
    return tf.linalg.global_norm([tf.cast(part, tf.float32) for part in dense(tensors)])


def input_gradient(
    function: Callable[..., Any], variables: Sequence[keras.Variable]
) -> Callable[..., np.ndarray]:
    """Return a function that differentiates another by its first argument."""

    @tf.function
    def compiled(first: tf.Tensor, *others: tf.Tensor) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(first)
            value = function(first, *others)
        return tape.gradient(value, first)

    return lambda *given: cast(Any, compiled(*map(tf.convert_to_tensor, given))).numpy()


def hessian_product(
    function: Callable[..., Any], variables: Sequence[keras.Variable]
) -> Callable[..., list[np.ndarray]]:
    """Return a function that multiplies the Hessian of another by a vector."""
    weights = [variable.value for variable in variables]
    zero = tf.UnconnectedGradients.ZERO

    def product(vector: Sequence[np.ndarray], *given: np.ndarray) -> list[np.ndarray]:
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                value = function(*map(tf.convert_to_tensor, given))
            gradients = inner.gradient(value, weights, unconnected_gradients=zero)
            pairs = zip(dense(cast(Any, gradients)), vector, strict=True)
            slope = tf.add_n([tf.reduce_sum(a * b) for a, b in pairs])
        products = outer.gradient(slope, weights, unconnected_gradients=zero)
        return [each.numpy() for each in dense(cast(Any, products))]

    return product


def update_if(
    condition: Any, update: Callable[[], None], variables: Sequence[keras.Variable]
) -> None:
    """Call `update` if the condition, a boolean scalar, is true.

    Raises:
        NotImplementedError: Under a `tf.distribute` strategy, whose replicas must not
            diverge.
    """
    if tf.distribute.has_strategy():
        raise NotImplementedError("no step can be skipped under tf.distribute")

    def then() -> None:
        update()

    tf.cond(condition, then, lambda: None)
