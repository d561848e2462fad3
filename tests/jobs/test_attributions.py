"""Attributions add up to the difference of an output, on each backend."""

import keras
import numpy as np
import pytest
from keras import layers
from sklearn.datasets import load_digits

from kerasdl.backend.seed_everything import seed_everything
from kerasdl.diagnostics.integrated_gradients import integrated_gradients
from kerasdl.jobs.attributions import embedded_gradients, gradients


def outputs(model: keras.Model, x: np.ndarray) -> np.ndarray:
    return keras.ops.convert_to_numpy(model(x, training=False)).astype("float64")


def test_gradients_of_a_linear_model_are_its_kernel():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    found = gradients(model)(np.zeros((2, 4), "float32"), 1)
    kernel = keras.ops.convert_to_numpy(model.layers[0].kernel)
    np.testing.assert_allclose(found, np.stack([kernel[:, 1]] * 2), atol=1e-6)


def test_those_of_a_picture_are_complete():
    seed_everything(0)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, activation="gelu"),
            layers.BatchNormalization(),
            layers.Dropout(0.5),
            layers.Flatten(),
            layers.Dense(10),
        ]
    )
    x = (load_digits().images[7, ..., None] / 4 - 2).astype("float32")
    baseline, gradient = np.zeros_like(x), gradients(model)
    one, other = outputs(model, np.stack([x, baseline]))
    place = int(np.abs(one - other).argmax())
    whole = integrated_gradients(lambda path: gradient(path, place), x, baseline)
    assert abs(one - other)[place] > 0.1
    assert whole.sum() == pytest.approx((one - other)[place], abs=1e-3)


def test_those_of_tokens_are_complete_and_padding_says_nothing():
    seed_everything(0)
    ids = keras.Input((6,), dtype="int32")
    embedding = layers.Embedding(20, 8, mask_zero=True)
    x = layers.GRU(8)(embedding(ids))
    model = keras.Model(ids, layers.Dense(2)(x))
    text = np.array([2, 7, 11, 3, 0, 0], "int32")
    embedded = keras.ops.convert_to_numpy(embedding(text[None]))[0]
    gradient = embedded_gradients(model, embedding)

    def of_path(path: np.ndarray) -> np.ndarray:
        return gradient(path, np.repeat(text[None], len(path), 0), 1)

    whole = integrated_gradients(of_path, embedded, np.zeros_like(embedded))
    assert (whole[4:] == 0).all()
    assert np.abs(whole[:4]).max() > 1e-3
    before = outputs(model, text[None])[0, 1]
    weights = embedding.get_weights()
    embedding.set_weights([np.zeros_like(weights[0])])
    nothing = outputs(model, text[None])[0, 1]
    assert whole.sum() == pytest.approx(before - nothing, abs=1e-3)
