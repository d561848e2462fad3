"""Fused steps for JAX: K batches gathered on the device, K steps in one loop."""

import contextlib
import inspect
from collections.abc import Callable, Iterator
from functools import partial
from itertools import groupby
from typing import Any, Literal

import jax
import keras
import numpy as np

from kerasdl.backend import keras_internals
from kerasdl.backend.fused.jax_lstm import hidden_states
from kerasdl.backend.fused.lstm import lstm_kernel
from kerasdl.backend.fused.non_finite import skip_count, statistics
from kerasdl.backend.fused.rows import Rows
from kerasdl.backend.fused.stand_ins import replaced
from kerasdl.backend.step_notes import begin_step


def obstacle(model: keras.Model) -> str | None:
    """Return why the model cannot be fused, or None."""
    if keras.distribution.distribution() is not None:
        return "keras.distribution is active"
    if keras.config.is_nnx_enabled():
        return "NNX is enabled"
    if not model.jit_compile:
        return "the model is not compiled with XLA (jit_compile is off)"
    return None


def keras_fuses() -> bool:
    """Return whether this version of Keras runs K steps in one loop by itself."""
    return (
        "super_batch"
        in inspect.signature(keras_internals.DataAdapter.get_jax_iterator).parameters
    )


def reads_trainable() -> Literal["each trace"]:
    """Return when Keras's `fit` reads which layers and variables are trainable."""
    return "each trace"


def may_look_ahead(adapter: Any) -> bool:
    """Return whether batches may be drawn before the steps that precede them."""
    return True


def takes_executions(adapter: Any) -> bool:
    """Return whether the functions take an `Execution` of the adapter's batches."""
    return True


def to_device(array: Any) -> Any:
    """Put a copy of an array on the device."""
    return jax.numpy.array(array)


@jax.jit
def take(data: Any, index: Any) -> Any:
    """Return the rows `index` of every array."""
    return jax.tree.map(lambda array: array[index], data)


def train_function(
    model: keras.Model, report: Callable[[str], None], *, compiled: bool
) -> Callable:
    """Return the fused `model.train_function`."""
    state = "trainable", "non_trainable", "optimizer", "metrics"
    return _function(model, _keep_statistics_if_skipped(model, model.train_step), state)


def test_function(
    model: keras.Model, report: Callable[[str], None], *, compiled: bool
) -> Callable:
    """Return the fused `model.test_function`."""
    state = "trainable", "non_trainable", "metrics"
    return _function(model, model.test_step, state)


def _keep_statistics_if_skipped(model: keras.Model, step: Callable) -> Callable:
    """Return a step that leaves statistics and metrics unchanged if it is skipped."""

    def guarded(state: Any, batch: Any) -> Any:
        logs, new = step(state, batch)
        if (count := skip_count(model)) is None:
            return logs, new
        trainable, others, optimizer, metrics = new
        values = zip(model.optimizer.variables, optimizer, strict=True)
        (skipped,) = (value > 0 for variable, value in values if variable is count)
        kept = {id(variable) for variable in statistics(model)}

        def keep(variables: list, old: list, new: list) -> list:
            return [
                jax.numpy.where(skipped, a, b) if id(variable) in kept else b
                for variable, a, b in zip(variables, old, new, strict=True)
            ]

        others = keep(model.non_trainable_variables, state[1], others)
        metrics = keep(model.metrics_variables, state[3], metrics)
        return logs, (trainable, others, optimizer, metrics)

    return guarded


def _function(model: keras.Model, step: Callable, parts: tuple[str, ...]) -> Callable:
    """Return a function of the state and an execution.

    Args:
        model: The model.
        step: Keras's step, a function of the state and a batch.
        parts: The kinds of variables in the state.
    """

    def traced_step(state: Any, batch: Any) -> Any:
        begin_step()
        with _native_kernels():
            return step(state, batch)

    steps = model.steps_per_execution
    single = jax.jit(traced_step, donate_argnums=0)
    inner = jax.jit(traced_step)
    loop = jax.jit(partial(_loop, inner), donate_argnums=0)
    looping: bool | None = None

    def function(state: Any, execution: Iterator) -> tuple[Any, Any]:
        nonlocal looping
        logs = None
        try:
            for _, group in groupby(execution, _signature):
                batches = list(group)
                if looping is None:
                    looping = _is_fast_in_a_loop(inner, state, _gathered(batches[0]))
                if looping:
                    padding = [batches[-1]] * (steps - len(batches))
                    logs, state = loop(state, _stacked(batches + padding), len(batches))
                    continue
                for batch in batches:
                    logs, state = single(state, _gathered(batch))
        except BaseException:
            # Keras would restore the previous state, whose buffers were donated.
            model._jax_state = {
                f"{part}_variables": values
                for part, values in zip(parts, state, strict=True)
            }
            model._jax_state_synced = False
            raise
        if logs is None:
            raise StopIteration
        return logs, state

    return function


def _native_kernels() -> contextlib.AbstractContextManager[Any]:
    """Make Keras use our LSTM while a step is traced; on a GPU it has cuDNN's."""
    if jax.default_backend() == "gpu":
        return contextlib.nullcontext()
    return replaced(
        [(keras_internals.keras_backend, "lstm", lstm_kernel(hidden_states))]
    )


def _is_fast_in_a_loop(step: Any, state: Any, batch: Any) -> bool:
    """Return whether the step may run in a compiled loop.

    On a CPU, convolutions in such a loop were measured to be forty times slower.
    """
    if jax.default_backend() != "cpu":
        return True
    return "conv_general_dilated" not in str(step.trace(state, batch).jaxpr)


def _loop(step: Callable, state: Any, batches: Any, count: Any) -> tuple[Any, Any]:
    """Run `count` steps in a compiled loop.

    `count` is not a constant, so every count runs the same code. The results do not
    depend on the grouping of steps, not even in the last bit.
    """

    def body(number: Any, carry: tuple[Any, Any]) -> tuple[Any, Any]:
        return jax.tree.map(_cast, step(carry[1], _take_one(batches, number)), carry)

    logs, _ = jax.eval_shape(step, state, _take_one(batches, 0))
    initial_logs = jax.tree.map(lambda log: jax.numpy.zeros(log.shape, log.dtype), logs)
    return jax.lax.fori_loop(0, count, body, (initial_logs, state))


def _cast(new: Any, old: Any) -> Any:
    return new.astype(old.dtype)


def _take_one(batches: Any, number: Any) -> Any:
    return jax.tree.map(lambda array: array[number], batches)


def _signature(batch: Any) -> Any:
    leaves, structure = jax.tree.flatten(batch)
    return structure, [(leaf.shape, leaf.dtype) for leaf in leaves]


def _gathered(batch: Any) -> Any:
    return take(batch.data, batch.index) if isinstance(batch, Rows) else batch


def _stacked(batches: list) -> Any:
    """Return the batches as one structure of arrays `(steps, batch, …)`.

    This happens outside the compiled loop, which then serves data of any length.
    """
    if isinstance(batches[0], Rows):
        indices = [batch.index for batch in batches]
        stack = np.stack if isinstance(indices[0], np.ndarray) else jax.numpy.stack
        return take(batches[0].data, stack(indices))
    return _stack(batches)


@jax.jit
def _stack(batches: list) -> Any:
    return jax.tree.map(lambda *parts: jax.numpy.stack(parts), *batches)
