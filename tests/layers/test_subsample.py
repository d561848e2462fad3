from pathlib import Path

import keras
import numpy as np
import pytest

from kerasdl.layers import BottleneckBlock, ResidualBlock, shortcut_block
from kerasdl.layers.subsample import subsample
from tests.contract import numbers

SIDES = [(7, 6), (8, 8), (5, 9), (1, 4)]


@pytest.mark.parametrize("sides", SIDES)
@pytest.mark.parametrize("strides", [1, 2, 3])
def test_it_makes_a_strided_pointwise_convolution(sides: tuple, strides: int):
    drawn = np.random.default_rng(0)
    x = drawn.normal(size=(2, *sides, 3)).astype("float32")
    kernel = drawn.normal(size=(1, 1, 3, 5)).astype("float32")
    ours = keras.ops.conv(subsample(x, strides), kernel, data_format="channels_last")
    for padding in ("valid", "same"):
        strided = keras.ops.conv(x, kernel, strides, padding, "channels_last")
        assert np.allclose(numbers(ours), numbers(strided), atol=1e-6)


@pytest.mark.parametrize("layer", [ResidualBlock, BottleneckBlock])
@pytest.mark.parametrize(
    ("strides", "sides"), [(2, (7, 6)), (3, (1, 4)), (2, (None, None))]
)
def test_blocks_have_the_promised_shape(layer: type, strides: int, sides: tuple):
    inputs = keras.Input((*sides, 3))
    model = keras.Model(inputs, layer(2, strides, 0)(inputs))
    given = tuple(side or 5 for side in sides)
    shape = (2, *(-(-side // strides) for side in given), model.output_shape[-1])
    assert model.predict(np.ones((2, *given, 3)), verbose=0).shape == shape


@pytest.mark.variant
@pytest.mark.parametrize("layer", [ResidualBlock, BottleneckBlock])
def test_files_of_blocks_with_a_strided_projection_load(
    layer: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Version 0.1.0 saved such blocks."""
    x = np.random.default_rng(0).normal(size=(2, 7, 6, 3)).astype("float32")
    inputs = keras.Input(x.shape[1:])
    block = layer(2, 2, 0)
    former = keras.Model(inputs, block(inputs))
    block.projection.strides = (2, 2)
    with monkeypatch.context() as patch:
        patch.setattr(shortcut_block, "subsample", lambda x, strides: x)
        expected = former.predict(x, verbose=0)
        former.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    assert np.allclose(again.predict(x, verbose=0), expected, atol=1e-5)
