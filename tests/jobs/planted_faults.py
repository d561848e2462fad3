"""Runs with a planted fault, and what a doctor should say of them."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_wine,
)

import kerasdl
from kerasdl.models.family import Family
from kerasdl.schedules.tables import ConstantTable


@dataclass(frozen=True)
class Fault:
    """A run with a fault.

    Args:
        name: What was planted.
        causes: The causes that are right.
        train: Trains it.
    """

    name: str
    causes: Sequence[str]
    train: Callable[[], kerasdl.Run]


@dataclass(frozen=True)
class Faulty(Family):
    """A small network with a fault."""

    name: str = "faulty"
    fault: str = "zeros"
    """What is wrong with it."""
    depth: int = 2
    """Number of hidden layers."""

    def build(self, input_shape, num_outputs, seed=0, name=None) -> keras.Model:
        """Return the network."""
        from kerasdl.initializers import HeNormal

        fault, layers = self.fault, keras.layers

        def kernel(number: int) -> Any:
            if fault == "zeros":
                return "zeros"
            if fault == "constant":
                return keras.initializers.Constant(0.05)
            return HeNormal("fan_in", seed * 100 + number)

        def dense(number: int, x: Any) -> Any:
            bias = keras.initializers.Constant(-20.0) if fault == "dead" else "zeros"
            activation = "sigmoid" if fault == "sigmoids" else "relu"
            return layers.Dense(
                32, activation, kernel_initializer=kernel(number), bias_initializer=bias
            )(x)

        inputs = keras.Input(tuple(input_shape))
        if fault == "recurrent":
            x = layers.Reshape((-1, 1))(inputs)
            for number in range(2):
                x = layers.SimpleRNN(
                    32,
                    "relu",
                    kernel_initializer=kernel(number),
                    recurrent_initializer=keras.initializers.Orthogonal(1.5, seed=seed),
                    return_sequences=not number,
                )(x)
        else:
            x = layers.Flatten()(inputs)
            for number in range(self.depth):
                x = dense(number, x)
            if fault == "cut":
                x = Cut()(x)
            if fault == "large":
                x = Scaled(1e3)(Scaled(1e3)(x))
        outputs = layers.Dense(num_outputs, kernel_initializer=kernel(99))(x)
        if fault == "large":
            outputs = Scaled(1e-3)(Scaled(1e-3)(outputs))
        if fault == "rounded":
            outputs = Rounded()(outputs)
        return keras.Model(
            inputs, layers.Activation("linear", dtype="float32")(outputs)
        )


@keras.saving.register_keras_serializable(package="planted")
class Cut(keras.layers.Layer):
    """Passes no gradient."""

    def call(self, x):
        return keras.ops.stop_gradient(x)


@keras.saving.register_keras_serializable(package="planted")
class Rounded(keras.layers.Layer):
    """Rounds; the slope is 0."""

    def call(self, x):
        return keras.ops.round(x)


@keras.saving.register_keras_serializable(package="planted")
class Scaled(keras.layers.Layer):
    """Multiplies by a number."""

    def __init__(self, factor: float, **keywords: Any):
        super().__init__(**keywords)
        self.factor = factor

    def call(self, x):
        return x * self.factor

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


@keras.saving.register_keras_serializable(package="planted")
class Jump(keras.optimizers.schedules.LearningRateSchedule):
    """A rate that is many times as high for a few steps."""

    def __init__(self, rate: float, first: int, last: int, times: float):
        self.values = rate, first, last, times

    def __call__(self, step):
        rate, first, last, times = self.values
        step = keras.ops.cast(step, "float32")
        inside = keras.ops.logical_and(step >= first, step < last)
        return keras.ops.where(inside, rate * times, rate)

    def get_config(self):
        return dict(zip(("rate", "first", "last", "times"), self.values, strict=True))


@dataclass(frozen=True)
class JumpTable(ConstantTable):
    """A rate that jumps in an epoch."""

    name: str = "jump"
    epoch: int = 10
    """The epoch, 0-based."""
    times: float = 300.0
    """How many times as high."""

    def build(self, learning_rate, steps):
        """Return the schedule."""
        first = int(self.epoch * steps.per_epoch)
        return Jump(learning_rate, first, first + 4, self.times)


REGISTERED = {
    "families": {"faulty": Faulty},
    "schedules": {"jump": JumpTable},
    "layers": {each.__name__: each for each in (Cut, Rounded, Scaled)},
}
"""What no config of kerasdl's own can express."""


def run(preset: str, data: Any = None, **settings: Any) -> kerasdl.Run:
    keys = {name.replace("__", "."): value for name, value in settings.items()}
    try:
        return kerasdl.train(preset, data, quiet=True, report=False, **keys)
    except kerasdl.errors.DivergedError:
        return kerasdl.load(
            max(Path("runs").iterdir(), key=lambda p: p.stat().st_mtime)
        )


def digits(chosen: slice | np.ndarray = slice(None)):
    data = load_digits()
    return data.data.astype("float32")[chosen], data.target[chosen]


def every_second_pixel() -> tuple[np.ndarray, np.ndarray]:
    x, y = digits(slice(0, 400))
    return x[:, ::2], y


def shuffled(loaded: Any) -> tuple[np.ndarray, np.ndarray]:
    x, y = loaded
    return np.asarray(x, "float32"), np.random.default_rng(5).permutation(y)


def noisy(loaded: Any, share: float = 0.3) -> tuple[np.ndarray, np.ndarray]:
    x, y = loaded
    draw = np.random.default_rng(5)
    wrong = draw.random(len(y)) < share
    others = (y + draw.integers(1, y.max() + 1, len(y))) % (y.max() + 1)
    return np.asarray(x, "float32"), np.where(wrong, others, y)


def rare() -> tuple[np.ndarray, np.ndarray]:
    """Return digits of which 1 in 100 is an 8, from a third of their pixels."""
    x, y = digits()
    is_eight = y == 8
    kept = np.flatnonzero(is_eight)[:24]
    chosen = np.sort(np.concatenate([np.flatnonzero(~is_eight), kept]))
    return x[chosen], is_eight[chosen].astype(int)


def leaking() -> str:
    """Write a table one of whose columns is the target in other words."""
    data = load_breast_cancer()
    names = [name.replace(" ", "_") for name in data.feature_names[:8]]
    with Path("leaking.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow([*names, "letter_sent", "diagnosis"])
        for x, y in zip(data.data[:, :8], data.target, strict=True):
            letter = "2020-01" if y else "none"
            table.writerow([*x, letter, "benign" if y else "malignant"])
    return "leaking.csv"


TABLE = {"data__split_seed": 0, "training__epochs": 20}
HIGH, LOW = ("learning rate too high",), ("learning rate too low", "too few epochs")

FAULTS = [
    Fault("rate of 1, digits", HIGH, lambda: run("mlp", lr=1.0, epochs=15)),
    Fault("rate of 1, table", HIGH, lambda: run("mlp-tabular", lr=1.0, epochs=15)),
    Fault("rate of 0.5, LSTM", HIGH, lambda: run("lstm", lr=0.5, epochs=10)),
    Fault("rate of 1, regression", HIGH, lambda: run("mlp-regression", lr=1.0, epochs=20)),
    Fault("rate of 1, SGD", HIGH, lambda: run(
        "mlp", epochs=10, optimizer__name="sgd", lr=1.0, optimizer__global_clipnorm=0,
        model__norm="none")),
    Fault("rate / 1000, digits", LOW[:1], lambda: run("mlp", lr=3e-6, epochs=15)),
    Fault("rate / 1000, table", LOW[:1], lambda: run("mlp-tabular", lr=3e-6, epochs=20)),
    Fault("rate / 1000, LSTM", LOW[:1], lambda: run("lstm", lr=3e-6, epochs=8)),
    Fault("rate / 1000, regression", LOW[:1], lambda: run("mlp-regression", lr=3e-6, epochs=20)),
    Fault("rate / 1000, autoencoder", LOW[:1], lambda: run("autoencoder", lr=1e-6, epochs=15)),
    Fault("inputs not scaled, wine", ("inputs not scaled",), lambda: run(
        "mlp-tabular", load_wine(return_X_y=True), data__standardize="none", epochs=20,
        model__norm="none")),
    Fault("inputs not scaled, cancer", ("inputs not scaled",), lambda: run(
        "mlp-tabular", load_breast_cancer(return_X_y=True), data__standardize="none", epochs=15,
        model__norm="none")),
    Fault("inputs times 1,000", ("inputs not scaled",), lambda: run(
        "mlp", (1000 * digits()[0], digits()[1]), data__standardize="none", epochs=8,
        model__norm="none")),
    Fault("labels shuffled, digits", ("the inputs do not tell the targets",),
          lambda: run("mlp", shuffled(digits()), epochs=15)),
    Fault("labels shuffled, cancer", ("the inputs do not tell the targets",),
          lambda: run("mlp-tabular", shuffled(load_breast_cancer(return_X_y=True)), epochs=15)),
    Fault("targets shuffled, diabetes", ("the inputs do not tell the targets",),
          lambda: run("mlp-regression", shuffled(load_diabetes(return_X_y=True)), epochs=20)),
    Fault("30 % of labels wrong, digits", ("wrong labels",),
          lambda: run("mlp", noisy(digits()), epochs=20)),
    Fault("30 % of labels wrong, cancer", ("wrong labels",),
          lambda: run("mlp-tabular", noisy(load_breast_cancer(return_X_y=True)), epochs=20)),
    Fault("weights all zero", ("all units start equal",),
          lambda: run("mlp", model__name="faulty", model__fault="zeros", epochs=8)),
    Fault("weights all equal", ("all units start equal",),
          lambda: run("mlp", model__name="faulty", model__fault="constant", epochs=8)),
    Fault("dead ReLUs", ("dead units",),
          lambda: run("mlp", model__name="faulty", model__fault="dead", epochs=8)),
    Fault("ten layers of sigmoids", ("saturated units",), lambda: run(
        "mlp", model__name="faulty", model__fault="sigmoids", model__depth=10, epochs=8)),
    Fault("gradient stopped", ("no path for the gradient",),
          lambda: run("mlp", model__name="faulty", model__fault="cut", epochs=8)),
    Fault("outputs rounded", ("no path for the gradient",),
          lambda: run("mlp", model__name="faulty", model__fault="rounded", epochs=8)),
    Fault("leaking column", ("a column leaks the target",), lambda: run(
        "mlp-tabular", leaking(), target="diagnosis", epochs=8)),
    Fault("1 in 100", ("rare classes",), lambda: run("mlp-tabular", rare(), epochs=15)),
    Fault("one epoch", ("too few epochs",), lambda: run("mlp", epochs=1)),
    Fault("two epochs, table", ("too few epochs",), lambda: run("mlp-tabular", epochs=2)),
    Fault("three epochs, LSTM", ("too few epochs",), lambda: run("lstm", epochs=3)),
    Fault("two units", ("too little capacity",), lambda: run(
        "mlp", model__hidden_units=[2], model__dropout=0.0, epochs=30)),
    Fault("one unit, table", ("too little capacity",), lambda: run(
        "mlp-tabular", load_wine(return_X_y=True), model__hidden_units=[1], model__dropout=0.0,
        epochs=30)),
    Fault("huge model, 100 digits", ("overfitting",), lambda: run(
        "mlp", digits(slice(0, 100)), model__hidden_units=[2048, 2048], model__dropout=0.0,
        epochs=40)),
    Fault("huge model, 100 patients", ("overfitting",), lambda: run(
        "mlp-regression", tuple(a[:100] for a in load_diabetes(return_X_y=True)),
        model__hidden_units=[1024, 1024], model__dropout=0.0, epochs=40)),
    Fault("float16 overflows", ("numbers beyond float16",), lambda: run(
        "mlp", model__name="faulty", model__fault="large", epochs=8, precision="mixed_float16")),
    Fault("spike in epoch 11", ("a spike of the loss",), lambda: run(
        "mlp", schedule__name="jump", epochs=20, optimizer__global_clipnorm=0)),
    Fault("deep recurrent net", ("exploding gradients",), lambda: run(
        "mlp", every_second_pixel(), model__name="faulty", model__fault="recurrent", epochs=6,
        optimizer__global_clipnorm=0)),
    Fault("rate decays at once", ("the rate decays too early",), lambda: run(
        "mlp", schedule__name="step-decay", schedule__every_fraction=0.03, epochs=30)),
    Fault("dropout of 0.9", ("too much dropout",), lambda: run(
        "mlp", model__dropout=0.9, epochs=20)),
    Fault("dropout of 0.95, table", ("too much dropout",), lambda: run(
        "mlp-tabular", load_wine(return_X_y=True), model__dropout=0.95, epochs=20)),
    Fault("warm-up of the whole run", ("warm-up too long",), lambda: run(
        "mlp", schedule__name="warmup-linear", schedule__warmup_fraction=0.99, epochs=8, lr=5e-4)),
    Fault("weight decay of 1", ("too much weight decay",), lambda: run(
        "mlp", optimizer__weight_decay=1.0, epochs=20, lr=0.03, model__norm="none")),
    Fault("one batch an epoch", ("batches too large",), lambda: run(
        "mlp", batch_size=2048, epochs=15)),
]  # fmt: skip
ON_EACH_BACKEND = [
    fault for fault in FAULTS if fault.name in ("gradient stopped", "float16 overflows")
]
"""Those that a backend's own gradients and numbers show."""
ALIKE_ON_EACH = [fault for fault in FAULTS if fault.name in (
    "weights all zero", "dead ReLUs", "ten layers of sigmoids",
)]  # fmt: skip
"""Those whose gradients and numbers are alike on each backend."""
ON_ANY = [fault for fault in FAULTS if fault.name in (
    "rate of 1, table", "rate / 1000, table", "inputs not scaled, wine",
    "labels shuffled, cancer", "30 % of labels wrong, cancer", "leaking column",
    "1 in 100", "two epochs, table", "one unit, table", "huge model, 100 patients",
    "spike in epoch 11", "deep recurrent net", "rate decays at once",
    "dropout of 0.95, table", "warm-up of the whole run", "weight decay of 1",
    "one batch an epoch",
)]  # fmt: skip
"""One of each other kind; a run is the same on every backend."""
