"""Small models and data to check."""

from typing import Any

import keras
import numpy as np
from keras import layers, losses

import kerasdl
from kerasdl.finding import Finding

RNG = np.random.default_rng(0)
CENTRES = RNG.normal(size=(3, 8))
Y = RNG.integers(0, 3, 96)
X = (CENTRES[Y] + 0.7 * RNG.normal(size=(96, 8))).astype("float32")
EAGERLY = keras.config.backend() == "tensorflow"
"""It runs the same kernels in a fraction of the time that tracing takes."""
LOGITS = losses.SparseCategoricalCrossentropy(from_logits=True)


def model(
    loss: Any = LOGITS,
    *hidden: keras.Layer,
    last: str | None = None,
    optimizer: Any = None,
    outputs: int = 3,
) -> keras.Model:
    keras.utils.set_random_seed(0)
    inner = hidden or (layers.Dense(16, "relu"), layers.Dropout(0.2))
    built = keras.Sequential(
        [keras.Input((8,)), *inner, layers.Dense(outputs, last, name="last")]
    )
    rate = optimizer or keras.optimizers.Adam(1e-2)
    built.compile(rate, loss, run_eagerly=EAGERLY)
    return built


def errors(built: keras.Model, x: Any = X, y: Any = Y) -> dict[str, Finding]:
    """Return the first error of each kind."""
    findings = kerasdl.check(built, (x, y))
    assert all(each.rule or each.kind == "step" for each in findings if each.hint)
    order = [each.severity for each in findings]
    assert order == sorted(order, key=("error", "warning", "info").index)
    faults = [each for each in findings if each.severity == "error"]
    assert all(each.hint and each.why for each in faults)
    return {each.kind: each for each in reversed(faults)}


ONE_HOT = np.eye(3)[Y]


class Inner(keras.Model):
    """A subclassed model with rectifiers in a nested one."""

    def __init__(self, bias: float, **kwargs: Any):
        super().__init__(**kwargs)
        dense = layers.Dense(8, bias_initializer=keras.initializers.Constant(bias))
        self.body = keras.Sequential([dense, layers.Activation("relu")])
        self.head = layers.Dense(3)

    def call(self, inputs: Any) -> Any:
        return self.head(self.body(inputs))


def subclassed(bias: float = 0.0) -> keras.Model:
    keras.utils.set_random_seed(0)
    built = Inner(bias)
    built.compile(keras.optimizers.Adam(1e-2), LOGITS, run_eagerly=EAGERLY)
    return built
