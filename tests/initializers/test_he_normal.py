import random

import keras
import numpy as np
import pytest
from scipy import stats

from kerasdl.initializers import HeNormal


def draw(shape, **arguments) -> np.ndarray:
    return keras.ops.convert_to_numpy(HeNormal(**arguments)(shape))


def test_the_bits_are_numpys_on_every_backend():
    values = np.random.default_rng(3).standard_normal((5, 4))
    for mode, fan in (("fan_in", 5), ("fan_out", 4)):
        expected = (values * np.sqrt(2 / fan)).astype("float32")
        assert np.array_equal(draw((5, 4), mode=mode, seed=3), expected)


@pytest.mark.parametrize(
    ("mode", "shape", "fan"),
    [
        ("fan_in", (200, 300), 200),
        ("fan_out", (200, 300), 300),
        ("fan_in", (3, 5, 40, 80), 600),
        ("fan_out", (3, 5, 40, 80), 1200),
    ],
)
def test_the_distribution(mode, shape, fan):
    values = draw(shape, mode=mode, seed=1).ravel()
    assert stats.kstest(values / np.sqrt(2 / fan), "norm").pvalue > 0.001


def test_equals_pytorch_in_scale():
    torch = pytest.importorskip("torch")
    weight = torch.empty(64, 32, 3, 3)  # PyTorch keeps output channels first
    torch.nn.init.kaiming_normal_(weight, mode="fan_out", nonlinearity="relu")
    ours = draw((3, 3, 32, 64), mode="fan_out", seed=0)
    assert np.isclose(ours.std(), float(weight.std()), rtol=0.03)


def test_config_round_trip_keeps_a_drawn_seed():
    initializer = HeNormal("fan_out")
    again = keras.initializers.deserialize(keras.initializers.serialize(initializer))
    assert np.array_equal(
        *(keras.ops.convert_to_numpy(i((4, 4))) for i in (initializer, again))
    )


def test_without_a_seed_python_decides():
    random.seed(5)
    first, second = HeNormal().seed, HeNormal().seed
    random.seed(5)
    assert HeNormal().seed == first != second


def test_dtype():
    assert (
        HeNormal()((2, 2), dtype="float16").dtype == keras.ops.ones(1, "float16").dtype
    )


def test_an_unknown_mode():
    with pytest.raises(ValueError, match="'fan_avg'"):
        HeNormal("fan_avg")
