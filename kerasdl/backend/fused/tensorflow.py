"""Fused steps for TensorFlow: K steps in one compiled loop that gathers batches."""

import contextlib
from collections.abc import Callable, Iterable
from typing import Any, Literal

import keras
import tensorflow as tf

from kerasdl.backend import tensorflow as backend
from kerasdl.backend.fused.executions import Execution
from kerasdl.backend.fused.non_finite import skip_count, statistics
from kerasdl.backend.fused.overrides import overrides
from kerasdl.backend.fused.rows import EpochRows, RowsAdapter
from kerasdl.backend.fused.stand_ins import replaced
from kerasdl.backend.fused.tensorflow_kernels import native_kernels
from kerasdl.backend.keras_internals import flatten_layers
from kerasdl.backend.optimizer_chain import optimizer_chain
from kerasdl.backend.step_notes import begin_step

NOT_COMPILED = "not compiled: under TensorFlow, use jit_compile instead"


def obstacle(model: keras.Model) -> str | None:
    """Return why the model cannot be fused, or None."""
    if overridden := overrides(model, "train_step", "test_step"):
        return f"it overrides {overridden}, which may create variables"
    if type(model.distribute_strategy).__name__ != "_DefaultDistributionStrategy":
        return "a tf.distribute strategy is active"
    if _is_schedule_free(model.optimizer):
        return "Keras's ScheduleFreeAdamW depends on when it is built"
    return None


def _is_schedule_free(optimizer: Any) -> bool:
    """Return whether an optimizer starts from zeros if its own first step builds it.

    If it is built earlier, as for fused steps, it starts from the weights.
    """
    kind = keras.optimizers.ScheduleFreeAdamW
    return any(isinstance(part, kind) for part in optimizer_chain(optimizer))


def keras_fuses() -> bool:
    """Return whether this version of Keras runs K steps in one loop by itself."""
    return False


def reads_trainable() -> Literal["first trace"]:
    """Return when Keras's `fit` reads which layers and variables are trainable."""
    return "first trace"


def may_look_ahead(adapter: Any) -> bool:
    """Return whether batches may be drawn before the steps that precede them.

    Data other than rows use Keras's own loop, which would not be faster.
    """
    return isinstance(adapter, RowsAdapter)


def takes_executions(adapter: Any) -> bool:
    """Return whether the functions take an `Execution` of the adapter's batches."""
    return isinstance(adapter, RowsAdapter)


def to_device(array: Any) -> Any:
    """Put an array on the device."""
    return tf.convert_to_tensor(array)


def take(data: Any, index: Any) -> Any:
    """Return the rows `index` of every tensor."""
    return keras.tree.map_structure(
        lambda tensor: tf.gather(tensor, index), data, none_is_leaf=False
    )


def train_function(
    model: keras.Model, report: Callable[[str], None], *, compiled: bool
) -> Callable:
    """Return the fused `model.train_function`."""
    if compiled:
        report(NOT_COMPILED)
    return _function(
        model, _keep_statistics_if_skipped(model, _dense(model, model.train_step))
    )


def test_function(
    model: keras.Model, report: Callable[[str], None], *, compiled: bool
) -> Callable:
    """Return the fused `model.test_function`."""
    return _function(model, model.test_step)


def _dense(model: keras.Model, step: Callable) -> Callable:
    """Return a step whose optimizer gets only dense gradients."""
    optimizer = type(model.optimizer)
    original = optimizer.apply_gradients

    def apply_gradients(self: Any, grads_and_vars: Iterable) -> Any:
        gradients, variables = zip(*grads_and_vars, strict=True)
        dense = backend.dense(gradients)
        return original(self, zip(dense, variables, strict=True))

    def dense_step(batch: Any) -> Any:
        with replaced([(optimizer, "apply_gradients", apply_gradients)]):
            return step(batch)

    return dense_step


def _keep_statistics_if_skipped(model: keras.Model, step: Callable) -> Callable:
    """Return a step that leaves statistics and metrics unchanged if it is skipped."""

    def guarded(batch: Any) -> Any:
        if (count := skip_count(model)) is None:
            return step(batch)
        variables = statistics(model)
        before = [tf.identity(variable.value) for variable in variables]

        def restore() -> None:
            for variable, value in zip(variables, before, strict=True):
                variable.assign(value)

        logs = step(batch)
        tf.cond(count.value > 0, restore, lambda: None)
        return logs

    return guarded


def _function(model: keras.Model, step: Callable) -> Callable:
    layers = flatten_layers(model)
    is_float32 = all(layer.compute_dtype == "float32" for layer in layers)

    def traced_step(batch: Any) -> Any:
        begin_step()
        # XLA has its own kernels. Below float32, rounding differs between kernels.
        use_native_kernels = is_float32 and not model.jit_compile
        with native_kernels() if use_native_kernels else contextlib.nullcontext():
            return step(batch)

    from_batches = model._make_function(traced_step)
    from_rows = _EpochLoop(_loop(model, traced_step))

    def function(batches: Any) -> Any:
        is_execution = isinstance(batches, Execution)
        return from_rows(batches) if is_execution else from_batches(batches)

    return function


def _loop(model: keras.Model, step: Callable) -> Callable:
    """Return a function that runs the steps of an execution and returns the logs.

    Keras computes logs at each step and discards all but the last. Here that happens
    only if the model overrides how logs are computed.
    """
    own_logs = overrides(model, "compute_metrics", "get_metrics_result")
    if model.jit_compile:
        step = tf.function(step, jit_compile=True, autograph=False)

    def take_step(rows: EpochRows, number: Any, batch_size: int | None) -> Any:
        size = rows.batch_size
        index = rows.order[number * size : (number + 1) * size]
        return step(take(rows.data, tf.ensure_shape(index, (batch_size,))))

    @tf.function(reduce_retracing=True, autograph=False)
    def loop(rows: EpochRows, begin: Any, end: Any, batch_size: int | None) -> Any:
        def body(number: Any) -> Any:
            take_step(rows, number, batch_size)
            return (number + 1,)

        last = end - 1 if own_logs else end
        tf.while_loop(lambda number: number < last, body, (begin,))
        return (
            take_step(rows, last, batch_size)
            if own_logs
            else model.get_metrics_result()
        )

    return loop


class _EpochLoop:
    """A loop over the batches of an epoch, with several steps per call.

    Args:
        loop: Takes the rows of an epoch, the first step, the one after the last, and
            the batch size if all batches have the same size.
    """

    def __init__(self, loop: Callable):
        self.loop = loop
        self.epochs: Any = None
        self.rows: Any = None
        self.step = 0

    def __call__(self, execution: Execution) -> Any:
        if execution.batches is not self.epochs:
            self.epochs, self.step = execution.batches, execution.begin
            self.rows = next(self.epochs)
        rows, size = self.rows, int(self.rows.batch_size)
        steps, ragged = -(-len(rows.order) // size), len(rows.order) % size
        begin, end = self.step, min(self.step + execution.steps, steps)
        self.step = end
        if end == steps:
            self.epochs = self.rows = None
        range_ = tf.constant(begin), tf.constant(end)
        return self.loop(rows, *range_, None if ragged else size)
