"""Trainings that failed for people who asked why, rebuilt with data at hand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_wine,
)

import kerasdl

MISFIT = "the loss does not fit the targets"


@dataclass(frozen=True)
class Failure:
    """A training that failed.

    Args:
        asked: What was asked, in short.
        causes: What the accepted answer says.
        train: Trains, and returns the model, its history and its data.
    """

    asked: str
    causes: Sequence[str]
    train: Callable[[], tuple[keras.Model, Any, Any]]

    def diagnosis(self):
        """Train, and return what is said."""
        keras.utils.set_random_seed(0)
        return kerasdl.diagnose(*self.train())


def scaled(x: np.ndarray) -> np.ndarray:
    return ((x - x.mean(0)) / (x.std(0) + 1e-8)).astype("float32")


def fitted(
    parts: list[Any],
    loss: Any,
    data: tuple[np.ndarray, ...],
    optimizer: Any = "adam",
    metrics: Sequence[str] = ("accuracy",),
    **options: Any,
) -> tuple[keras.Model, Any, Any]:
    """Train the layers, and return the model, its history and its data."""
    x, *_ = data
    model = keras.Sequential([keras.Input(x.shape[1:]), *parts])
    model.compile(optimizer, loss, metrics=list(metrics))
    options = {"epochs": 15, "validation_split": 0.2, "verbose": 0} | options
    try:
        return model, model.fit(*data, **options), data
    except RuntimeError:  # PyTorch's own check of the targets
        return model, {}, data


def shuffled(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.random.default_rng(1).permutation(len(x))
    return x[order], y[order]


def cancer() -> tuple[np.ndarray, np.ndarray]:
    x, y = load_breast_cancer(return_X_y=True)
    return scaled(x), y


def pictures() -> tuple[np.ndarray, np.ndarray]:
    digits = load_digits()
    return (digits.images[..., None] * 255 / 16).astype("float32"), digits.target


def one_softmax_unit():
    parts = [layers.Dense(10, "relu"), layers.Dense(1, "softmax")]
    return fitted(parts, "binary_crossentropy", shuffled(*cancer()), "rmsprop")


def pictures_of_bytes():
    parts = [
        layers.Conv2D(16, 3, activation="relu"),
        layers.Flatten(),
        layers.Dense(32, "relu"),
        layers.Dense(10, "softmax"),
    ]
    data = shuffled(*pictures())
    sgd = keras.optimizers.SGD(0.1)
    return fitted(parts, "sparse_categorical_crossentropy", data, sgd, epochs=5)


def ten_classes_for_one_sigmoid():
    x, y = load_digits(return_X_y=True)
    parts = [layers.Dense(64, "relu"), layers.Dense(1, "sigmoid")]
    return fitted(parts, "binary_crossentropy", shuffled(scaled(x), y), epochs=5)


def rectified_probability():
    draw = np.random.default_rng(0)
    x = draw.uniform(0, 100_000, (2000, 1)).astype("float32")
    parts = [
        layers.Dense(3, "relu"),
        layers.Dense(5, "relu"),
        layers.Dense(1, "relu"),
    ]
    data = x, (x[:, 0] > 50_000).astype(int)
    return fitted(parts, "binary_crossentropy", data, epochs=5)


def fourth_power():
    x = np.random.default_rng(0).uniform(-100, 100, (1000, 1)).astype("float32")
    parts = [layers.Dense(50, "sigmoid"), layers.Dense(50, "elu"), layers.Dense(1)]
    return fitted(parts, "mse", (x, x[:, 0] ** 4), metrics=(), epochs=20)


def sigmoid_for_negative_numbers():
    x = np.linspace(-1, 1, 111, dtype="float32")[:, None]
    y = -1 / (np.exp(10 * x[:, 0]) + 1)
    parts = [layers.Dense(1, "sigmoid")]
    data = shuffled(x, y)
    adam = keras.optimizers.Adam(0.01)
    return fitted(parts, "mse", data, adam, metrics=(), epochs=30)


def skyrocketing_weights():
    x, y = load_diabetes(return_X_y=True)
    parts = [layers.Dense(32, "relu"), layers.Dense(1)]
    data = shuffled(scaled(x), scaled(y[:, None])[:, 0])
    return fitted(parts, "mse", data, keras.optimizers.SGD(0.9), metrics=())


def not_a_number_without_clipping():
    x, y = load_wine(return_X_y=True)
    parts = [
        layers.Dense(64, "relu"),
        layers.Dense(64, "relu"),
        layers.Dense(3, "softmax"),
    ]
    data = shuffled(x.astype("float32"), keras.utils.to_categorical(y))
    return fitted(parts, "categorical_crossentropy", data, keras.optimizers.SGD(0.1))


def one_class_for_all():
    x, y = load_digits(return_X_y=True)
    rare = np.flatnonzero(y == 8)[:20]
    rows = np.concatenate([np.flatnonzero(y != 8), rare])
    data = shuffled(scaled(x)[rows, ::3], (y[rows] == 8).astype(int))
    parts = [layers.Dense(40, "relu"), layers.Dropout(0.2), layers.Dense(1, "sigmoid")]
    return fitted(parts, "binary_crossentropy", data, "rmsprop", epochs=5)


def dead_rectifiers():
    x, y = load_breast_cancer(return_X_y=True)
    kernel = keras.initializers.RandomUniform(-0.05, 0.0, seed=0)
    parts = [
        layers.Dense(16, "relu", kernel_initializer=kernel),
        layers.Dense(1, "sigmoid"),
    ]
    data = shuffled((x / x.max(0)).astype("float32"), y)
    return fitted(parts, "binary_crossentropy", data)


def prices():
    x, y = load_diabetes(return_X_y=True)
    parts = [layers.Dense(8, "relu"), layers.Dense(1)]
    data = shuffled(scaled(x), 1000 * y)
    return fitted(parts, "mse", data, metrics=(), epochs=20)


def saturated_sigmoids():
    x, y = load_digits(return_X_y=True)
    kernel = keras.initializers.RandomNormal(stddev=3.0, seed=0)
    parts = [
        *(layers.Dense(32, "sigmoid", kernel_initializer=kernel) for _ in range(3)),
        layers.Dense(10, "softmax"),
    ]
    data = shuffled(scaled(x), y)
    sgd = keras.optimizers.SGD(0.01)
    return fitted(parts, "sparse_categorical_crossentropy", data, sgd)


def learned_by_heart():
    x, y = load_diabetes(return_X_y=True)
    parts = [layers.Dense(512, "relu"), layers.Dense(512, "relu"), layers.Dense(1)]
    data = shuffled(scaled(x), scaled(y[:, None])[:, 0])
    data = tuple(part[:120] for part in data)
    return fitted(parts, "mse", data, metrics=(), epochs=60)


def sorted_by_class():
    x, y = load_iris(return_X_y=True)
    parts = [layers.Dense(16, "relu"), layers.Dense(3, "softmax")]
    data = scaled(x), y
    return fitted(parts, "sparse_categorical_crossentropy", data, epochs=40)


def labels_from_one():
    x, y = load_wine(return_X_y=True)
    parts = [layers.Dense(16, "relu"), layers.Dense(3, "softmax")]
    data = shuffled(scaled(x), keras.utils.to_categorical(y) * 2 - 1)
    return fitted(parts, "categorical_crossentropy", data)


FAILURES = [
    Failure("a softmax of one unit", (MISFIT,), one_softmax_unit),
    Failure("the same prediction for all images", ("inputs not scaled",), pictures_of_bytes),
    Failure("11 % on ten digits", (MISFIT,), ten_classes_for_one_sigmoid),
    Failure("accuracy stays at a half", (MISFIT, "inputs not scaled"), rectified_probability),
    Failure("x³ is learned, x⁴ is not", ("inputs not scaled", "targets not scaled"), fourth_power),
    Failure("one sigmoid does not learn a curve", (MISFIT,), sigmoid_for_negative_numbers),
    Failure("weights skyrocket", ("learning rate too high",), skyrocketing_weights),
    Failure("NaN unless clipped", ("inputs not scaled",), not_a_number_without_clipping),
    Failure("always the frequent class", ("rare classes",), one_class_for_all),
    Failure("all features are positive", ("dead units",), dead_rectifiers),
    Failure("prices, 2,000 epochs", ("targets not scaled",), prices),
    Failure("hidden units are 0 or 1", ("saturated units",), saturated_sigmoids),
    Failure("training improves, validation does not", ("overfitting",), learned_by_heart),
    Failure("validation accuracy is 0", ("examples in order",), sorted_by_class),
    Failure("labels of -1 and 1", (MISFIT,), labels_from_one),
]  # fmt: skip
