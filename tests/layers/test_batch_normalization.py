"""Where Keras's batch normalisation and PyTorch's agree, and where they do not."""

import numpy as np
import pytest

from kerasdl.layers import batch_normalization
from tests.contract import numbers

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("shape", [(4, 3), (16, 3), (2, 4, 4, 3)])
def test_the_moving_variance_is_biased(shape: tuple):
    x = np.random.default_rng(0).normal(0, 3, shape).astype("float32")
    ours, theirs = batch_normalization("norm"), torch.nn.BatchNorm1d(3)
    rows = x.reshape(-1, 3)
    expected = theirs(torch.tensor(rows)).detach().numpy().reshape(shape)
    assert np.allclose(numbers(ours(x, training=True)), expected, atol=1e-4)
    assert np.allclose(numbers(ours.moving_mean), theirs.running_mean, atol=1e-5)
    count = len(rows)
    learned = theirs.running_var.numpy() - 0.9  # of 1, which it begins with
    assert np.allclose(
        numbers(ours.moving_variance) - 0.9, learned * (count - 1) / count, rtol=1e-3
    )
