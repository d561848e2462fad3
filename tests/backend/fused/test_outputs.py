"""What a model predicts, batch after batch."""

import keras
import numpy as np
import pytest
from keras import layers

from kerasdl.backend.fused.outputs import outputs_of
from tests.models.small import SMALL, build, inputs
from tests.variants import quickest


@pytest.mark.parametrize("family", ["gpt", *quickest(*sorted(SMALL.keys() - {"gpt"}))])
def test_they_are_those_of_keras_also_when_weights_change(family: str):
    model, x = build(family), inputs(family)
    outputs = outputs_of(model)
    for _ in range(2):
        expected = model.predict_on_batch(x)
        np.testing.assert_allclose(outputs(x), expected, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(outputs(x[:1]), expected[:1], rtol=1e-4, atol=1e-5)
        for each in model.trainable_weights:
            each.assign(each * 1.5)


class Pair(keras.Model):
    """A model of a dictionary, with a dropout that predicting leaves out."""

    def __init__(self):
        super().__init__()
        self.dense, self.dropout = layers.Dense(3), layers.Dropout(0.5)

    def call(self, inputs: dict, training: bool = False) -> dict:
        x = self.dropout(self.dense(inputs["x"]), training=training)
        return {"sum": x + inputs["shift"][0], "double": (2 * x,)}


def test_structures_come_in_and_go_out():
    model, drawn = Pair(), np.random.default_rng(0)
    outputs = outputs_of(model)
    for shift in (1.0, 2.0):
        given = {
            "x": drawn.normal(size=(4, 2)).astype("float32"),
            "shift": np.full(4, shift, "float32"),
        }
        found, expected = outputs(given), model.predict_on_batch(given)
        assert found.keys() == expected.keys()
        np.testing.assert_allclose(found["sum"], expected["sum"], rtol=1e-5)
        np.testing.assert_allclose(found["double"][0], expected["double"][0], rtol=1e-5)
