"""Initializers whose draws come from NumPy."""

import keras
import numpy as np
import pytest
from scipy import stats

from kerasdl import initializers
from kerasdl.initializers import (
    GlorotUniform,
    HeNormal,
    Normal,
    Orthogonal,
    TruncatedNormal,
    Uniform,
)

EVERY = [GlorotUniform, HeNormal, Normal, Orthogonal, TruncatedNormal, Uniform]


def draw(initializer, shape) -> np.ndarray:
    return keras.ops.convert_to_numpy(initializer(shape))


def test_every_one_is_here():
    assert {kind.__name__ for kind in EVERY} | {"Drawn"} == set(initializers.__all__)


@pytest.mark.parametrize("kind", EVERY)
def test_the_seed_decides(kind):
    first, again, other = (draw(kind(seed=s), (6, 12)) for s in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.dtype == "float32"
    config = keras.saving.serialize_keras_object(kind(seed=3))
    back = keras.saving.deserialize_keras_object(config)
    assert np.array_equal(draw(back, (6, 12)), first)
    with pytest.raises(ValueError, match="`seed`"):
        kind(seed=-1)


def test_truncated_normal():
    values = draw(TruncatedNormal(0.5, seed=0), (200, 300)).ravel()
    assert np.abs(values).max() <= 1
    cut = stats.truncnorm(-2, 2, scale=0.5)
    assert stats.kstest(values, cut.cdf).pvalue > 0.001
    with pytest.raises(ValueError, match="`stddev`"):
        TruncatedNormal(0.0)


@pytest.mark.parametrize(
    ("kind", "argument", "expected"),
    [
        (Normal, "stddev", stats.norm(0, 0.3)),
        (Uniform, "limit", stats.uniform(-0.3, 0.6)),
    ],
)
def test_plain_distributions(kind, argument: str, expected):
    values = draw(kind(0.3, seed=0), (200, 300)).ravel()
    assert stats.kstest(values, expected.cdf).pvalue > 1e-3
    with pytest.raises(ValueError, match=f"`{argument}`"):
        kind(0.0)


@pytest.mark.parametrize("shape", [(200, 300), (3, 5, 40, 80)])
def test_glorot_uniform_equals_pytorch_in_range(shape):
    torch = pytest.importorskip("torch")
    values = draw(GlorotUniform(seed=0), shape).ravel()
    weight = torch.empty(*reversed(shape[-2:]), *shape[:-2])
    torch.nn.init.xavier_uniform_(weight)
    limit = float(weight.abs().max())
    assert np.isclose(np.abs(values).max(), limit, rtol=0.01)
    assert stats.kstest(values, stats.uniform(-limit, 2 * limit).cdf).pvalue > 1e-3


def test_orthogonal_kernels_of_gates():
    kernel = draw(Orthogonal(seed=0), (16, 64)).astype("float64")
    gates = np.split(kernel, 4, axis=1)
    for gate in gates:
        assert np.allclose(gate @ gate.T, np.eye(16), atol=1e-6)
    assert not np.allclose(gates[0], gates[1])
    signs = [np.linalg.det(draw(Orthogonal(seed=s), (5, 5))) for s in range(40)]
    assert 10 < sum(sign > 0 for sign in signs) < 30
    with pytest.raises(ValueError, match="gates"):
        Orthogonal(seed=0)((16, 40))
