"""What PyTorch's record of a model's outputs cannot follow."""

import keras
import numpy as np
import pytest
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
