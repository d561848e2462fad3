"""The gradients that a model's own step computes."""

import warnings

import keras
import numpy as np
import pytest

from kerasdl.jobs.parity_gradients import GradientRecorder
from tests.jobs.helpers import array


@pytest.fixture
def model() -> keras.Model:
    """Returns the sum of two embeddings of two numbers each."""
    tokens = keras.Input((2,), dtype="int32")
    embedding = keras.layers.Embedding(3, 2, embeddings_initializer="ones")
    scale = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")
    x = keras.layers.Flatten()(embedding(tokens))
    return keras.Model(tokens, scale(x))


def test_they_are_kept_and_nothing_is_trained(model: keras.Model):
    recorder = GradientRecorder()
    model.compile(recorder, loss="mean_absolute_error")
    before = model.get_weights()
    tokens, y = np.array([[0, 0], [0, 2]]), np.zeros((2, 1))
    logs = model.train_on_batch(tokens, y, return_dict=True)
    assert logs["loss"] == 4
    embedding, kernel = (array(gradient) for gradient in recorder.gradients)
    np.testing.assert_allclose(embedding, [[1.5, 1.5], [0, 0], [0.5, 0.5]], rtol=1e-6)
    np.testing.assert_allclose(kernel, np.ones((4, 1)), rtol=1e-6)
    for weight, value in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, value)


class Idle(keras.layers.Layer):
    """Has a weight that it does not use."""

    def build(self, input_shape: tuple):
        self.add_weight(shape=(2,), name="unused")

    def call(self, inputs):
        return inputs


def test_what_the_loss_does_not_depend_on_has_none():
    inputs = keras.Input((1,))
    model = keras.Model(inputs, Idle()(keras.layers.Dense(1)(inputs)))
    recorder = GradientRecorder()
    model.compile(recorder, loss="mean_absolute_error")
    with warnings.catch_warnings():  # Keras warns of it under TensorFlow
        warnings.simplefilter("ignore", UserWarning)
        model.train_on_batch(np.ones((2, 1)), np.full((2, 1), 9.0))
    kernel, bias, unused = (array(gradient) for gradient in recorder.gradients)
    assert (kernel.shape, bias.tolist(), unused.tolist()) == ((1, 1), [-1], [0, 0])
