"""Gradients in float32 are those in float64, for likely and unlikely labels."""

from functools import partial

import keras
import numpy as np
import pytest

from kerasdl.losses import SparseCategoricalCrossentropy
from tests import contract

LOSSES = {
    "plain": {},
    "smoothed by all": {"label_smoothing": 0.1},
    "smoothed by others": {"label_smoothing": 0.1, "smoothing": "others"},
}
CLASSES = 5


def model(last: str | None) -> keras.Model:
    inputs = keras.Input((CLASSES,))
    logits = keras.layers.Dense(CLASSES, kernel_initializer="identity")(inputs)
    return keras.Model(inputs, keras.layers.Activation(last)(logits))


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize(("from_logits", "scale"), [(True, 1), (True, 30), (False, 1)])
def test_of_cross_entropies(name: str, from_logits: bool, scale: int):
    drawn = np.random.default_rng(0)
    x = drawn.normal(size=(8, CLASSES)) * scale
    y = drawn.integers(0, CLASSES, 8)
    build = partial(model, None if from_logits else "softmax")
    loss = partial(SparseCategoricalCrossentropy, from_logits, **LOSSES[name])
    contract.assert_gradients_are_precise(build, x, loss, y)
