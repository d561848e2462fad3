"""What sets the RNN apart."""

import numpy as np

from kerasdl.models import rnn
from tests import contract


def test_the_simple_cell_is_the_tanh_of_its_inputs_and_its_state():
    model = rnn((6, 5), None, cell="simple", units=(3,), seed=1)
    kernel, recurrent, bias = (contract.numbers(weight) for weight in model.weights)
    x = np.random.default_rng(0).normal(size=(2, 6, 5)).astype("float32")
    state = np.zeros((2, 3))
    for step in range(6):
        state = np.tanh(x[:, step] @ kernel + state @ recurrent + bias)
    np.testing.assert_allclose(contract.numbers(model(x)), state, atol=1e-5)
