"""What sets the CNN apart."""

import keras
import numpy as np
import pytest

from kerasdl.models import cnn


@pytest.mark.parametrize(
    ("shape", "stem", "before_blocks"),
    [
        ((8, 8, 1), "auto", (8, 8)),
        ((64, 64, 3), "auto", (16, 16)),
        ((63, 80, 3), "auto", (63, 80)),
        ((32, 32, 3), "large", (8, 8)),
        ((64, 64, 3), "small", (64, 64)),
    ],
)
def test_cnn_stems(shape, stem, before_blocks):
    model = cnn(shape, 10, filters=(4, 8, 16), stem=stem)
    block_1 = model.get_layer("block_1")
    assert block_1.input.shape[1:3] == before_blocks
    sides = tuple(-(-side // 4) for side in before_blocks)
    assert model.get_layer("block_3").output.shape == (None, *sides, 16)


def test_cnn_large_stem_equals_pytorch():
    torch = pytest.importorskip("torch")
    model = cnn((32, 32, 3), 10, filters=(4,), stem="large")
    conv, norm = model.get_layer("stem_conv"), model.get_layer("stem_norm")
    stem = keras.Model(model.input, model.get_layer("stem_pool").output)
    x = np.random.default_rng(0).normal(size=(2, 32, 32, 3)).astype("float32")
    kernel = keras.ops.convert_to_numpy(conv.kernel).transpose(3, 2, 0, 1)
    functional = torch.nn.functional
    y = functional.conv2d(
        torch.tensor(x.transpose(0, 3, 1, 2).copy()),
        torch.tensor(kernel.copy()),
        stride=2,
        padding=3,
    )
    y = y / np.sqrt(1 + norm.epsilon)  # fresh moving statistics: mean 0, variance 1
    y = functional.max_pool2d(torch.relu(y), 3, 2, padding=1).numpy()
    ours = stem.predict(x, verbose=0)
    assert np.allclose(ours, y.transpose(0, 2, 3, 1), atol=1e-5)


def test_cnn_takes_images_without_a_channel_axis():
    model = cnn((8, 8), 10, filters=(4,))
    assert model(np.ones((2, 8, 8))).shape == (2, 10)


def test_cnn_refuses_bad_arguments():
    with pytest.raises(ValueError, match=r"`input_shape` \(=\(13,\)\)"):
        cnn((13,), 10)
    with pytest.raises(ValueError, match="`stem`"):
        cnn((8, 8, 1), 10, stem="huge")
    with pytest.raises(ValueError, match="`filters`"):
        cnn((8, 8, 1), 10, filters=())


@pytest.mark.parametrize(("name", "fan_out"), [("stem_conv", 9 * 128), ("head", 200)])
def test_cnn_kernels_are_he_normal_by_fan_out(name: str, fan_out: int):
    kernel = cnn((8, 8, 3), 200, filters=(128,)).get_layer(name).kernel
    std = keras.ops.convert_to_numpy(kernel).std()
    assert np.isclose(std, np.sqrt(2 / fan_out), rtol=0.05)
