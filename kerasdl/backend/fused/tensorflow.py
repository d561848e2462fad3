"""TensorFlow: K steps in one compiled loop, batches gathered inside it."""

import contextlib
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf
from keras.src.backend.tensorflow.trainer import TensorFlowTrainer
from keras.src.trainers.trainer import Trainer

from kerasdl.backend.fused.rows import Rows
from kerasdl.backend.fused.tensorflow_kernels import native_kernels


def obstacle(model: keras.Model) -> str | None:
    """Return why the model cannot be fused, or None."""
    if type(model.distribute_strategy).__name__ != "_DefaultDistributionStrategy":
        return "a tf.distribute strategy is active"
    return None


def keras_fuses() -> bool:
    """Return whether this version of Keras runs K steps in one loop by itself."""
    return False


def may_look_ahead(adapter: Any) -> bool:
    """Return whether batches may be drawn before the steps that precede them."""
    return True


def to_device(array: Any) -> Any:
    """Put an array on the device."""
    return tf.convert_to_tensor(array)


def take(data: Any, index: Any) -> Any:
    """Return the rows `index` of every tensor."""
    return tf.nest.map_structure(lambda tensor: tf.gather(tensor, index), data)


def train_function(model: keras.Model, report: Callable[[str], None]) -> Callable:
    """Return what `model.train_function` shall be."""
    own = type(model).train_step is not TensorFlowTrainer.train_step
    return _function(model, model.train_step, own)


def test_function(model: keras.Model, report: Callable[[str], None]) -> Callable:
    """Return what `model.test_function` shall be."""
    own = type(model).test_step is not TensorFlowTrainer.test_step
    return _function(model, model.test_step, own)


def _function(model: keras.Model, step: Callable, own_logs: bool) -> Callable:
    def traced_step(batch: Any) -> Any:
        # XLA finds its own kernels.
        with contextlib.nullcontext() if model.jit_compile else native_kernels():
            return step(batch)

    methods = ("compute_metrics", "get_metrics_result")
    own_logs |= any(getattr(type(model), m) is not getattr(Trainer, m) for m in methods)
    from_batches = model._make_function(traced_step)
    from_rows = _Walk(_loop(model, traced_step, own_logs), model.steps_per_execution)

    def function(iterator: Any) -> Any:
        by_row = isinstance(getattr(iterator, "element_spec", None), Rows)
        return from_rows(iterator) if by_row else from_batches(iterator)

    return function


def _loop(model: keras.Model, step: Callable, own_logs: bool) -> Callable:
    """Return a function that takes the steps of an execution and returns the logs.

    Keras computes logs at each step and throws all but the last away; here only those
    of a step that has logs of its own are computed more than once.
    """
    if model.jit_compile:
        step = tf.function(step, jit_compile=True)

    def take_step(rows: Rows, number: Any) -> Any:
        index = rows.index[number * rows.size : (number + 1) * rows.size]
        return step(take(rows.data, index))

    @tf.function(reduce_retracing=True)
    def loop(rows: Rows, begin: Any, end: Any) -> Any:
        def body(number: Any) -> Any:
            take_step(rows, number)
            return (number + 1,)

        last = end - 1 if own_logs else end
        tf.while_loop(lambda number: number < last, body, (begin,))
        return take_step(rows, last) if own_logs else model.get_metrics_result()

    return loop


class _Walk:
    """Walk through the batches of an epoch, some steps at each call."""

    def __init__(self, loop: Callable, steps: int):
        self.loop = loop
        self.steps = steps
        self.iterator: Any = None
        self.step = self.steps_per_epoch = 0

    def __call__(self, epochs: Any) -> Any:
        if epochs is not self.iterator or self.step >= self.steps_per_epoch:
            self.iterator, self.rows = epochs, next(epochs)
            self.step = 0
            self.steps_per_epoch = -(-len(self.rows.index) // int(self.rows.size))
        end = min(self.step + self.steps, self.steps_per_epoch)
        logs = self.loop(self.rows, tf.constant(self.step), tf.constant(end))
        self.step = end
        return logs
