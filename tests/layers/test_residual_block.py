import keras
import numpy as np
import pytest

from kerasdl.layers import BottleneckBlock, ResidualBlock

X = np.random.default_rng(0).normal(size=(2, 7, 6, 4)).astype("float32")


def test_shapes_and_projection():
    for filters, strides, shape, projects in [
        (4, 1, (2, 7, 6, 4), False),
        (8, 1, (2, 7, 6, 8), True),
        (4, 2, (2, 4, 3, 4), True),
    ]:
        block = ResidualBlock(filters, strides)
        assert block(X).shape == shape == block.compute_output_shape(X.shape)
        assert (block.projection is not None) == projects


def test_equals_the_pytorch_block():
    """Same weights, same outputs as a hand-written PyTorch block, training and not."""
    torch = pytest.importorskip("torch")
    nn = torch.nn
    block = ResidualBlock(8, 2, seed=0)
    block(X)

    def conv(layer, **arguments):
        kernel = keras.ops.convert_to_numpy(layer.kernel).transpose(3, 2, 0, 1)
        module = nn.Conv2d(
            *kernel.shape[1::-1], kernel.shape[2], bias=False, **arguments
        )
        module.weight.data = torch.tensor(kernel.copy())
        return module

    main = nn.Sequential(
        conv(block.conv_1, stride=2, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        conv(block.conv_2, padding=1),
        nn.BatchNorm2d(8),
    )
    shortcut = nn.Sequential(conv(block.projection, stride=2), nn.BatchNorm2d(8))
    x = torch.tensor(X.transpose(0, 3, 1, 2).copy())
    with torch.no_grad():
        expected = torch.relu(main(x) + shortcut(x)).numpy().transpose(0, 2, 3, 1)
    ours = keras.ops.convert_to_numpy(block(X, training=True))
    assert np.allclose(ours, expected, atol=1e-5)


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16", "mixed_float16"])
def test_sublayers_share_the_policy(policy: str):
    block = ResidualBlock(8, 2, dtype=policy)
    out = block(X)
    assert keras.backend.standardize_dtype(out.dtype) == block.compute_dtype
    assert {variable.dtype for variable in block.trainable_variables} == {"float32"}


def test_the_seed_decides_the_weights():
    first, again, other = (ResidualBlock(8, 2, seed=s) for s in (1, 1, 2))
    for block in (first, again, other):
        block.build(X.shape)
    for a, b, c in zip(first.get_weights(), again.get_weights(), other.get_weights(), strict=True):  # fmt: skip
        assert np.array_equal(a, b)
        assert a.ndim == 1 or not np.array_equal(a, c)


def test_saved_and_reloaded(tmp_path):
    inputs = keras.Input((7, 6, 4))
    model = keras.Model(inputs, ResidualBlock(8, 2, name="block")(inputs))
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    assert np.array_equal(model.predict(X, verbose=0), again.predict(X, verbose=0))


def test_every_parameter_receives_a_gradient():
    inputs = keras.Input((7, 6, 4))
    model = keras.Model(inputs, ResidualBlock(8, 2)(inputs))
    model.compile("sgd", "mse")
    before = [w.copy() for w in model.get_weights()]
    model.fit(X, np.ones((2, 4, 3, 8)), verbose=0)
    moved = [not np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True)]  # fmt: skip
    assert all(moved)


def test_kernels_are_he_normal_by_fan_out():
    block = ResidualBlock(256, 2, seed=0)
    block.build(X.shape)
    for layer, size in ((block.conv_1, 3), (block.projection, 1)):
        std = keras.ops.convert_to_numpy(layer.kernel).std()
        assert np.isclose(std, np.sqrt(2 / (size**2 * 256)), rtol=0.1)


@pytest.mark.parametrize("kind", [ResidualBlock, BottleneckBlock])
@pytest.mark.parametrize(("activation", "linear"), [("linear", True), ("relu", False)])
def test_all_that_bends_is_the_activation(kind: type, activation: str, linear: bool):
    block = kind(4, 2, seed=0, activation=activation, norm="none")
    x, y = (np.roll(X, shift, axis=1) for shift in (0, 3))
    said = [
        keras.ops.convert_to_numpy(block(given))
        for given in (x, y, x + y, np.zeros_like(x))
    ]
    assert np.allclose(said[0] + said[1], said[2] + said[3], atol=1e-4) == linear
