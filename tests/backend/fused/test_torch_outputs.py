"""What PyTorch's record of a model's outputs cannot follow."""

import builtins
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
import torch
from keras import ops

from kerasdl.backend.fused.accelerate import AccelerationWarning
from kerasdl.backend.fused.outputs import outputs_of


class Branching(keras.Model):
    """A model that PyTorch's record cannot follow."""

    def call(self, x: object) -> object:
        return x * 2 if float(ops.max(x)) > 0 else x


def test_what_cannot_be_recorded_is_told_and_predicted_by_keras():
    outputs, x = outputs_of(Branching()), np.ones((2, 2), "float32")
    with pytest.warns(AccelerationWarning, match="branching predicts by Keras's own"):
        assert (outputs(x) == 2).all()
    assert (outputs(-x) == -1).all()


class Awkward(keras.Model):
    """A model whose outputs are a weight, and one value twice, in bfloat16."""

    def __init__(self):
        super().__init__(dtype="mixed_bfloat16")
        self.weight = self.add_weight(shape=(2, 2), initializer="ones", name="weight")

    def call(self, x: object) -> dict:
        y = ops.cast(x, "bfloat16") + 1
        return {"weight": self.weight.value, "y": y, "again": y}


def test_outputs_are_arrays_of_their_own():
    model, x = Awkward(), np.ones((2, 2), "float32")
    outputs = outputs_of(model)
    first = outputs(x)
    for each in first.values():
        each[:] = 7
    second, expected = outputs(x), model.predict_on_batch(x)
    for name, each in second.items():
        assert each.dtype == expected[name].dtype
        np.testing.assert_array_equal(
            each.astype("float32"), 1 if name == "weight" else 2
        )
    assert (model.weight.numpy() == 1).all()


def test_threads_record_one_after_another():
    before = builtins.open, torch.Tensor.item
    x = np.ones((2, 3), "float32")

    models = [
        keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]) for _ in range(12)
    ]
    expected = [x @ model.layers[0].kernel.numpy() for model in models]
    with ThreadPoolExecutor(4) as pool:
        found = [*pool.map(lambda model: outputs_of(model)(x), models)]
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert (builtins.open, torch.Tensor.item) == before
