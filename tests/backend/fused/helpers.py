"""Models of every kind, trained twice: by Keras, and accelerated."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers
from sklearn.datasets import load_digits

import kerasdl

EXAMPLES = 300
BATCH_SIZE = 32  # nine batches and a short one


def digits() -> tuple[np.ndarray, np.ndarray]:
    bunch = load_digits()
    return (bunch.images[:EXAMPLES] / 16).astype("float32"), bunch.target[:EXAMPLES]


def whole_batches(*data: np.ndarray) -> list[np.ndarray]:
    """Return data, or digits, without a short batch: it needs programs of its own."""
    return [part[: len(part) // BATCH_SIZE * BATCH_SIZE] for part in data or digits()]


def mlp() -> keras.Model:
    # A bias before a normalisation has no gradient but rounding noise, which Adam turns
    # into steps; nothing but the very same operations would give the same.
    hidden = []
    for _ in range(2):
        hidden += [
            layers.Dense(32, use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
        ]
    return _model([layers.Flatten(), *hidden, layers.Dropout(0.2)])


def cnn() -> keras.Model:
    inputs = keras.Input((8, 8))
    x = layers.Reshape((8, 8, 1))(inputs)
    x = layers.Conv2D(8, 3, padding="same", use_bias=False)(x)
    shortcut = layers.BatchNormalization()(x)
    x = layers.Conv2D(8, 3, padding="same", activation="relu")(shortcut)
    x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
    x = layers.GlobalAveragePooling2D()(layers.add([x, shortcut]))
    return keras.Model(inputs, layers.Dense(10, dtype="float32")(x))


def small() -> keras.Model:
    """Return a network with all kinds of state: statistics, seeds and weights."""
    hidden = [layers.Dense(8, use_bias=False), layers.BatchNormalization()]
    return _model([layers.Flatten(), *hidden, layers.ReLU(), layers.Dropout(0.2)])


def lstm() -> keras.Model:
    return _model([layers.LSTM(16, return_sequences=True), layers.LSTM(16)])


def gru() -> keras.Model:
    return _model([layers.GRU(16, return_sequences=True), layers.GRU(16)])


def transformer() -> keras.Model:
    inputs = keras.Input((8, 8))
    x = layers.Dense(16)(inputs)
    y = layers.LayerNormalization()(x)
    attention = layers.MultiHeadAttention(2, 8, use_bias=False)  # as with that of keys
    x = layers.add([x, attention(y, y)])
    y = layers.Dense(32, activation="gelu")(layers.LayerNormalization()(x))
    x = layers.add([x, layers.Dense(16)(y)])
    x = layers.GlobalAveragePooling1D()(layers.LayerNormalization()(x))
    return keras.Model(inputs, layers.Dense(10, dtype="float32")(x))


def _model(parts: list) -> keras.Model:
    head = layers.Dense(10, dtype="float32")
    return keras.Sequential([keras.Input((8, 8)), *parts, head])


def adamw(**arguments: Any) -> keras.optimizers.Optimizer:
    return keras.optimizers.AdamW(1e-3, weight_decay=0.01, **arguments)


def momentum() -> keras.optimizers.Optimizer:
    return keras.optimizers.SGD(0.05, momentum=0.9)


def compiled(
    build: Callable[[], keras.Model], optimizer: keras.optimizers.Optimizer
) -> keras.Model:
    keras.utils.set_random_seed(1)
    model = build()
    model.compile(
        optimizer=optimizer,
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def accelerated(model: keras.Model, **arguments: Any) -> tuple[keras.Model, list[str]]:
    """Return the model, accelerated, and the lines it will report."""
    lines: list[str] = []
    kerasdl.accelerate(model, report=lines.append, **arguments)
    return model, lines


def fit(model: keras.Model, *data: Any, **arguments: Any) -> dict[str, list[float]]:
    keras.utils.set_random_seed(2)
    given = {"epochs": 2, "batch_size": BATCH_SIZE, "verbose": 0} | arguments
    return model.fit(*(data or digits()), **given).history


def state(model: keras.Model) -> dict[str, np.ndarray]:
    """Return everything a step changes, by path."""
    variables = [*model.variables, *model.metrics_variables, *model.optimizer.variables]
    return {
        f"{number} {variable.path}": keras.ops.convert_to_numpy(variable.value)
        for number, variable in enumerate(variables)
    }


def assert_same(one: keras.Model, other: keras.Model, tolerance: float = 1e-5) -> None:
    for (name, ours), theirs in zip(
        state(one).items(), state(other).values(), strict=True
    ):
        np.testing.assert_allclose(
            ours.astype("float64"),
            theirs.astype("float64"),
            rtol=tolerance,
            atol=tolerance,
            err_msg=name,
        )
