"""What every layer and every family of models keeps to, on every backend."""

import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from kerasdl import accelerate
from kerasdl.backend.float64 import float64
from kerasdl.jobs.parity_gradients import GradientRecorder

Build = Callable[[], keras.Model]


@contextlib.contextmanager
def dtype_policy(name: str) -> Iterator[None]:
    former = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(former)


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


def assert_forward(model: keras.Model, x: np.ndarray, shape: tuple) -> None:
    """Any number of examples gives outputs of the promised shape."""
    for count in (1, len(x)):
        said = outputs(model, x[:count])
        assert said.shape == (count, *shape)
        assert np.isfinite(numbers(keras.ops.cast(said, "float32"))).all()
    assert model.output_shape == (None, *shape)


def assert_examples_stand_alone(model: keras.Model, x: np.ndarray) -> None:
    """Out of training, an example's outputs do not depend on its batch."""
    whole, alone = numbers(outputs(model, x)), numbers(outputs(model, x[1:2]))
    assert np.allclose(whole[1:2], alone, rtol=1e-5, atol=1e-5)


def assert_reloads(model: keras.Model, x: np.ndarray, folder: Path) -> None:
    model.save(folder / "m.keras")
    again = keras.saving.load_model(folder / "m.keras")
    assert np.array_equal(numbers(outputs(model, x)), numbers(outputs(again, x)))
    fresh = type(model).from_config(model.get_config())
    assert [v.shape for v in fresh.weights] == [v.shape for v in model.weights]


def assert_every_parameter_learns(
    model: keras.Model, x: np.ndarray, removed: str = "", *, accelerated: bool = False
) -> None:
    """One step of `fit` by plain SGD moves every parameter to a finite value.

    Args:
        model: The model.
        x: Inputs.
        removed: Words in the paths of those whose gradient is zero but for rounding.
        accelerated: Whether the step is fused, which must be possible.
    """
    model.compile(keras.optimizers.SGD(0.5), "mse")
    if accelerated:
        accelerate(model, report=pytest.fail)
    before = [numbers(v).copy() for v in model.trainable_variables]
    targets = np.random.default_rng(1).normal(size=(len(x), *model.output_shape[1:]))
    model.fit(x, targets.astype("float32"), len(x), shuffle=False, verbose=0)
    assert model.trainable_variables
    for old, variable in zip(before, model.trainable_variables, strict=True):
        new = numbers(variable)
        assert np.isfinite(new).all(), variable.path
        excused = removed and any(word in variable.path for word in removed.split())
        assert excused or not np.array_equal(old, new), variable.path


def assert_gradients_are_precise(
    build: Build,
    x: np.ndarray,
    loss: Callable[[], Any] = keras.losses.MeanSquaredError,
    y: np.ndarray | None = None,
    *,
    accelerated: bool = False,
) -> None:
    """In float32 they are those in float64, but for rounding.

    Batch norms of few values magnify it to 1e-4 of the largest gradient in a ResNet of
    bottlenecks, where most models stay at 1e-6; a kernel that is wrong is 1e-1 apart.
    """
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
        assert apart < 1e-3, (path, apart)


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
