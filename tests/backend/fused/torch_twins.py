"""The same small model twice, trained by Keras and accelerated."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from tests.backend.fused import helpers

EXAMPLES, BATCH_SIZE = 24, 8
weight = 0.0
"""A global of a module other than the tests'."""


def set_weight(value: float) -> None:
    """Assign the global."""
    global weight
    weight = value


class Apply(layers.Layer):
    """Call a function of the layer and its input."""

    def __init__(self, function: Callable):
        super().__init__()
        self.function = function
        self.counts = [0]
        self.array = np.zeros(1, "float32")
        self.tensor = ops.zeros(())

    def call(self, x: Any) -> Any:
        return self.function(self, x)


def net(
    *middle: layers.Layer,
    loss: Any = "mse",
    optimizer: Any = None,
    metrics: Any = (),
    first: dict[str, Any] | None = None,
) -> keras.Model:
    keras.utils.set_random_seed(1)
    arguments = {"activation": "tanh"} | (first or {})
    dense = layers.Dense(5, **arguments)
    model = keras.Sequential([keras.Input((4,)), dense, *middle, layers.Dense(1)])
    optimizer = optimizer or keras.optimizers.SGD(0.1)
    model.compile(optimizer, loss, metrics=list(metrics))
    return model


def scaled_loss(read: Callable[[], Any]) -> Callable:
    def loss(y: Any, p: Any) -> Any:
        return ops.mean((y - p) ** 2) + read() * ops.mean(abs(p))

    return loss


class Twins:
    """A model, and the same one accelerated.

    Args:
        build: Makes one.
    """

    x = np.random.default_rng(0).normal(size=(EXAMPLES, 4)).astype("float32")
    y = (x[:, :1] > 0).astype("float32")

    def __init__(self, build: Callable[[], keras.Model]):
        self.plain = build()
        self.ours, self.lines = helpers.accelerated(build())
        self.histories: list[dict[str, list[float]]] = []

    def fit(
        self,
        write: Callable[[keras.Model], Callable[[float], None]] | None = None,
        before: Callable[[], None] = lambda: None,
        data: Callable[[], tuple] | None = None,
        **arguments: Any,
    ) -> None:
        """Train both.

        Args:
            write: Takes a model and returns what each epoch gives another number to.
            before: Comes before each training.
            data: Returns the data of a training.
            **arguments: What `fit` takes.
        """
        given = {"epochs": 3, "batch_size": BATCH_SIZE, "verbose": 0} | arguments
        for model in (self.plain, self.ours):
            before()
            keras.utils.set_random_seed(2)
            if write:
                change = write(model)
                callback = keras.callbacks.LambdaCallback(
                    on_epoch_begin=lambda epoch, logs, f=change: f(epoch / 4)
                )
                given["callbacks"] = [callback]
            examples = data() if data else (self.x, self.y)
            self.histories.append(model.fit(*examples, **given).history)

    def assert_equal(self, reports: int) -> list[str]:
        """Compare histories and variables; return what was reported."""
        for name, values in self.histories[0].items():
            np.testing.assert_allclose(self.histories[1][name], values, 1e-5, 1e-6)
        helpers.assert_same(self.ours, self.plain)
        assert len(self.lines) == reports, self.lines
        return self.lines


def twins(build: Callable[[], keras.Model]) -> Twins:
    return Twins(build)
