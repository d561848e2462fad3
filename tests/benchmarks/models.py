"""The Keras models that are timed, and the digits brought to each one's shape."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers
from sklearn.datasets import load_digits

BATCH_SIZE = 64


@dataclass(frozen=True)
class Case:
    """One model of the benchmark.

    Args:
        build: Takes the dropout rate; returns the uncompiled Keras model.
        shape: Brings digits `(rows, 8, 8)`, whole numbers 0 to 16, to inputs.
        steps: Steps in an epoch, so that an epoch takes about a second.
    """

    build: Callable[[float], keras.Model]
    shape: Callable[[np.ndarray], np.ndarray]
    steps: int


def data(name: str, rows: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return inputs and classes; without `rows`, those of one epoch of full batches."""
    case = CASES[name]
    rows = rows or case.steps * BATCH_SIZE
    digits = load_digits()
    chosen = np.arange(rows) % len(digits.target)
    return case.shape(digits.images[chosen]), digits.target[chosen]


def compiled(name: str, dropout: float = 0.2) -> keras.Model:
    """Return the compiled Keras model, the same weights each time."""
    keras.utils.set_random_seed(0)
    model = CASES[name].build(dropout)
    model.compile(
        optimizer=keras.optimizers.AdamW(
            learning_rate=1e-3, weight_decay=1e-2, global_clipnorm=1.0
        ),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def _mlp_small(dropout: float) -> keras.Model:
    inputs = x = keras.Input((64,))
    for _ in range(2):
        x = layers.Dense(64)(x)
        x = _norm(x)
        x = layers.Activation("relu")(x)
        x = layers.Dropout(dropout)(x)
    return keras.Model(inputs, layers.Dense(10)(x))


def _mlp(dropout: float) -> keras.Model:
    inputs = x = keras.Input((784,))
    for _ in range(2):
        x = layers.Dense(256, activation="relu")(x)
    return keras.Model(inputs, layers.Dense(10)(x))


def _lstm(dropout: float) -> keras.Model:
    inputs = keras.Input((50, 32))
    x = layers.LSTM(64, return_sequences=True)(inputs)
    x = layers.LSTM(64)(x)
    return keras.Model(inputs, layers.Dense(10)(x))


def _transformer(dropout: float) -> keras.Model:
    inputs = keras.Input((64,), dtype="int32")
    x = Embeddings(17, 64, 128)(inputs)
    for _ in range(2):
        y = layers.LayerNormalization(epsilon=1e-5)(x)
        x = x + layers.MultiHeadAttention(num_heads=4, key_dim=32)(y, y)
        y = layers.LayerNormalization(epsilon=1e-5)(x)
        y = layers.Dense(512, activation="gelu")(y)
        x = x + layers.Dense(128)(y)
    x = layers.LayerNormalization(epsilon=1e-5)(x)
    x = layers.GlobalAveragePooling1D()(x)
    return keras.Model(inputs, layers.Dense(10)(x))


class Embeddings(layers.Layer):
    """The sum of a token's and its position's vector.

    Takes `(batch, length)` integers; returns `(batch, length, width)`.
    """

    def __init__(self, vocabulary: int, length: int, width: int):
        super().__init__()
        self.length = length
        self.tokens = layers.Embedding(vocabulary, width)
        self.positions = layers.Embedding(length, width)

    def call(self, inputs: Any) -> Any:
        return self.tokens(inputs) + self.positions(keras.ops.arange(self.length))


def _cnn(dropout: float) -> keras.Model:
    inputs = keras.Input((32, 32, 3))
    x = layers.Activation("relu")(_norm(_convolution(32, 3)(inputs)))
    for filters, strides in ((32, 1), (64, 2), (128, 2)):
        x = _block(x, filters, strides)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(10)(x))


def _block(x: Any, filters: int, strides: int) -> Any:
    y = x
    if strides > 1:
        # As PyTorch pads; "same" pads strided convolutions at the far sides only.
        y = layers.ZeroPadding2D(1)(y)
        y = _convolution(filters, 3, strides, padding="valid")(y)
        x = _norm(_convolution(filters, 1, strides)(x))
    else:
        y = _convolution(filters, 3)(y)
    y = layers.Activation("relu")(_norm(y))
    y = _norm(_convolution(filters, 3)(y))
    return layers.Activation("relu")(x + y)


def _convolution(
    filters: int, size: int, strides: int = 1, padding: str = "same"
) -> layers.Layer:
    return layers.Conv2D(filters, size, strides, padding=padding, use_bias=False)


def _norm(x: Any) -> Any:
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)


def _image(images: np.ndarray, height: int, width: int) -> np.ndarray:
    """Return `(rows, height, width)` float32 in [0, 1], nearest pixels."""
    rows, columns = np.arange(height) * 8 // height, np.arange(width) * 8 // width
    return (images[:, rows][:, :, columns] / 16).astype("float32")


def _flat(images: np.ndarray, side: int) -> np.ndarray:
    return _image(images, side, side).reshape(len(images), -1)


def _sequence(images: np.ndarray) -> np.ndarray:
    return _image(images, 50, 32)


def _tokens(images: np.ndarray) -> np.ndarray:
    return images.reshape(len(images), 64).astype("int32")


def _colour(images: np.ndarray) -> np.ndarray:
    return np.repeat(_image(images, 32, 32)[..., None], 3, axis=-1)


CASES = {
    "mlp-small": Case(_mlp_small, partial(_flat, side=8), steps=512),
    "mlp": Case(_mlp, partial(_flat, side=28), steps=256),
    "lstm": Case(_lstm, _sequence, steps=24),
    "transformer": Case(_transformer, _tokens, steps=12),
    "cnn": Case(_cnn, _colour, steps=8),
}
