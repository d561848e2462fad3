"""What layers and models keep to besides the contract of `kerasdl.testing`."""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
import pytest

from kerasdl import accelerate
from kerasdl.backend.float64 import float64
from kerasdl.jobs.parity_gradients import GradientRecorder

Build = Callable[[], keras.Model]


def numbers(values: Any) -> np.ndarray:
    return keras.ops.convert_to_numpy(values)


def outputs(layer: keras.Layer, *inputs: Any, **arguments: Any) -> Any:
    """Return what a built layer gives, under JAX by one program.

    Called as usual, JAX compiles each operation alone, for each shape anew.
    """
    if keras.config.backend() != "jax":
        return layer(*inputs, **arguments)
    import jax

    variables = layer.trainable_variables, layer.non_trainable_variables
    values = [[variable.value for variable in part] for part in variables]
    call = jax.jit(partial(layer.stateless_call, **arguments))
    return call(*values, *inputs)[0]


def assert_gradients_are_precise(
    build: Build,
    x: np.ndarray,
    loss: Callable[[], Any] = keras.losses.MeanSquaredError,
    y: np.ndarray | None = None,
    *,
    accelerated: bool = False,
) -> None:
    """In float32 they are those in float64, but for rounding."""
    single = build()
    with float64():
        double = build()
        double.set_weights(single.get_weights())
        expected = gradients(double, x, y, loss())
    ours = gradients(single, x, y, loss(), accelerated=accelerated)
    largest = max(np.abs(gradient).max() for gradient in expected)
    paths = [variable.path for variable in single.trainable_variables]
    for path, one, other in zip(paths, ours, expected, strict=True):
        apart = np.abs(one - other).max() / largest
        assert apart < 1e-4, (path, apart)


def gradients(
    model: keras.Model,
    x: np.ndarray,
    y: np.ndarray | None,
    loss: Any,
    *,
    accelerated: bool = False,
) -> list[np.ndarray]:
    """Return those of the model's own training step; without `y`, for some targets."""
    recorder = GradientRecorder()
    # TensorFlow runs the same kernels in a tenth of the time that tracing takes.
    eagerly = keras.config.backend() == "tensorflow" and not accelerated
    model.compile(recorder, loss, run_eagerly=eagerly)
    if accelerated:
        accelerate(model, report=pytest.fail)
    if y is None:
        shape = (len(x), *model.output_shape[1:])
        y = np.random.default_rng(1).normal(size=shape)
    x, y = (
        values.astype(keras.config.floatx()) if values.dtype.kind == "f" else values
        for values in (x, y)
    )
    model.fit(x, y, len(x), shuffle=False, verbose=0)
    return [numbers(gradient).astype("float64") for gradient in recorder.gradients]
