"""The JAX backend."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import keras
import numpy as np
from jax import numpy as jnp
from jax.core import Tracer
from jax.interpreters import partial_eval


def seed(seed: int) -> None:
    """Do nothing: JAX keeps no global generator."""


def devices() -> list[str]:
    """Return the devices JAX sees."""
    return [f"{device.platform}:{device.id}" for device in jax.devices()]


def peak_device_memory_bytes() -> int | None:
    """Return the peak accelerator memory in bytes, or None without accelerator."""
    if jax.default_backend() == "cpu":
        return None
    statistics = [device.memory_stats() or {} for device in jax.local_devices()]
    return sum(entry.get("peak_bytes_in_use", 0) for entry in statistics)


def convolves_by_onednn() -> bool:
    """Return False: XLA computes convolutions."""
    return False


def keep_float32() -> None:
    """Compute float32 products in full float32 precision on every device."""
    jax.config.update("jax_default_matmul_precision", "highest")


def random_states() -> dict[str, np.ndarray]:
    """Return an empty dict: JAX keeps no global generator."""
    return {}


def set_random_states(states: dict[str, np.ndarray]) -> None:
    """Do nothing: JAX keeps no global generator."""


def to_numpy(variable: keras.Variable) -> np.ndarray:
    """Return the value of a variable."""
    return keras.ops.convert_to_numpy(variable)


def dense(gradients: Sequence[Any]) -> list[Any]:
    """Return the gradients, which are already dense."""
    return list(gradients)


def differentiates(tensor: Any) -> bool:
    """Return whether operations on a tensor are being differentiated."""
    traced = isinstance(tensor, Tracer)
    return traced and not isinstance(tensor, partial_eval.DynamicJaxprTracer)


def global_norm(tensors: Sequence[Any]) -> jax.Array:
    """Return the Euclidean norm of all tensors together, a float32 scalar."""
    squares = [jnp.sum(jnp.square(jnp.float32(tensor))) for tensor in tensors]
    return jnp.sqrt(sum(squares, jnp.float32(0)))


def input_gradient(
    function: Callable[..., Any], variables: Sequence[keras.Variable]
) -> Callable[..., np.ndarray]:
    """Return a function that differentiates another by its first argument."""
    compiled = jax.jit(jax.grad(_of_values(function, variables), argnums=1))

    def gradient(*given: np.ndarray) -> np.ndarray:
        return np.asarray(compiled([each.value for each in variables], *given))

    return gradient


def hessian_product(
    function: Callable[..., Any], variables: Sequence[keras.Variable]
) -> Callable[..., list[np.ndarray]]:
    """Return a function that multiplies the Hessian of another by a vector."""
    of_values = _of_values(function, variables)

    @jax.jit
    def along(values: list[jax.Array], vector: Any, *given: jax.Array) -> Any:
        gradient = jax.grad(lambda weights: of_values(weights, *given))
        return jax.jvp(gradient, (values,), (vector,))[1]

    def product(vector: Sequence[np.ndarray], *given: np.ndarray) -> list[np.ndarray]:
        values = [each.value for each in variables]
        return [*map(np.asarray, along(values, [*map(jnp.asarray, vector)], *given))]

    return product


def _of_values(
    function: Callable[..., Any], variables: Sequence[keras.Variable]
) -> Callable[..., jax.Array]:
    """Return a function of the values of variables, and of its arguments."""

    def stateless(values: list[jax.Array], *given: jax.Array) -> jax.Array:
        with keras.StatelessScope(zip(variables, values, strict=True)):
            return function(*given)

    return stateless


def update_if(
    condition: Any, update: Callable[[], None], variables: Sequence[keras.Variable]
) -> None:
    """Call `update` if the condition, a boolean scalar, is true."""

    def then(values: list[jax.Array]) -> list[jax.Array]:
        scope = keras.StatelessScope(zip(variables, values, strict=True))
        with scope:
            update()
        return [jnp.asarray(scope.get_current_value(v), v.dtype) for v in variables]

    before = [variable.value for variable in variables]
    after = jax.lax.cond(condition, then, lambda values: values, before)
    for variable, value in zip(variables, after, strict=True):
        variable.assign(value)
