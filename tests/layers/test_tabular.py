"""Layers for tables, beside PyTorch and closed forms."""

import keras
import numpy as np
import pytest

from kerasdl import layers, testing
from tests.contract import numbers, outputs

DRAWN = np.random.default_rng(0)
X = DRAWN.normal(size=(7, 5)).astype("float32")


def test_embeddings_of_numbers_are_waves_and_the_number():
    layer = layers.PBLDEmbedding(16, 4, 0.5, seed=1)
    layer.build(X.shape)
    ours = numbers(outputs(layer, X)).reshape(7, 5, 4)
    frequency, phase, kernel, offset = (numbers(w) for w in layer.weights)
    np.testing.assert_array_equal(ours[..., 0], X)
    for feature in range(5):
        angles = 2 * np.pi * X[:, feature, None] * frequency[feature] + phase[feature]
        expected = np.cos(angles) @ kernel[feature] + offset[feature]
        np.testing.assert_allclose(ours[:, feature, 1:], expected, atol=1e-5)


def test_embeddings_of_numbers_are_drawn_as_in_the_paper():
    layer = layers.PBLDEmbedding(400, 101, 0.5, seed=1)
    layer.build((None, 3))
    assert np.isclose(numbers(layer.frequency).std(), 0.5, rtol=0.05)
    for weight, limit in ((layer.phase, np.pi), (layer.kernel, 1 / 20)):
        assert np.isclose(np.abs(numbers(weight)).max(), limit, rtol=0.01)
    for arguments in ((0,), (3, 1), (3, 2, 0.0)):
        with pytest.raises(ValueError, match=r"`(frequencies|units|stddev)`"):
            layers.PBLDEmbedding(*arguments).build((None, 3))


def test_outputs_of_an_ntk_layer_have_the_size_of_the_inputs():
    for width in (10, 1000):
        x = DRAWN.normal(size=(50, width)).astype("float32")
        layer = layers.NTKDense(200, seed=3)
        layer.build(x.shape)
        y = numbers(outputs(layer, x))
        assert np.isclose(y.std(), 1, rtol=0.1)
        kernel = numbers(layer.kernel)
        assert np.isclose(kernel.std(), 1, rtol=0.05)
        np.testing.assert_allclose(y, x @ kernel / width**0.5, atol=1e-4)
    layer = layers.NTKDense(5000, 0.5, seed=3)
    layer.build((None, 2))
    assert np.isclose(numbers(layer.bias).std(), 0.5, rtol=0.05)
    for arguments in ((0,), (3, -1.0)):
        with pytest.raises(ValueError, match=r"`(units|bias_stddev)`"):
            layers.NTKDense(*arguments)


@pytest.mark.parametrize("name", ["selu", "mish"])
def test_a_parametric_activation_is_between_x_and_its_activation(name: str):
    torch = pytest.importorskip("torch")
    layer = layers.ParametricActivation(name)
    layer.build(X.shape)
    expected = getattr(torch.nn.functional, name)(torch.tensor(X)).numpy()
    np.testing.assert_allclose(numbers(outputs(layer, X)), expected, atol=1e-6)
    shares = np.array([0, 0.25, 0.5, 1, 2], "float32")
    layer.alpha.assign(shares)
    mixture = (1 - shares) * X + shares * expected
    np.testing.assert_allclose(numbers(outputs(layer, X)), mixture, atol=1e-6)


CODES = np.array([[0, 0], [1, 4], [2, 3], [0, 4]], "float32")


def test_each_column_of_codes_has_vectors_of_its_own():
    layer = layers.CategoryEmbeddings((3, 5), 4, seed=0)
    layer.build(CODES.shape)
    y = numbers(outputs(layer, CODES))
    table = numbers(layer.embeddings)
    assert table.shape == (8, 4)
    first, second = CODES.T.astype(int)
    np.testing.assert_array_equal(y, np.hstack([table[first], table[3 + second]]))


def test_codes_are_exact_in_half_precision():
    with testing.dtype_policy("mixed_bfloat16"):
        layer = layers.CategoryEmbeddings((5000,), 4, seed=0)
        y = layer(np.array([[4001.0], [4002.0]], "float32"))
    assert keras.backend.standardize_dtype(y.dtype) == "bfloat16"
    y, table = numbers(keras.ops.cast(y, "float32")), numbers(layer.embeddings)
    np.testing.assert_allclose(y, table[4001:4003], rtol=1e-2)


def test_embeddings_keep_the_contract():
    inputs = keras.Input((2,))
    embedded = layers.CategoryEmbeddings((3, 5), 4, seed=0)(inputs)
    model = keras.Model(inputs, keras.layers.Dense(2)(embedded))
    testing.check_model(model, CODES)
    with pytest.raises(ValueError, match="3 cardinalities for 2 columns"):
        layers.CategoryEmbeddings((1, 2, 3)).build((None, 2))
    for cardinalities in ((), (0, 3)):
        with pytest.raises(ValueError, match="`cardinalities`"):
            layers.CategoryEmbeddings(cardinalities)


def test_outputs_are_clamped_but_not_in_training():
    layer = layers.Clamp(-0.5, 1.0)
    np.testing.assert_array_equal(numbers(layer(X)), np.clip(X, -0.5, 1))
    np.testing.assert_array_equal(numbers(layer(X, training=True)), X)
    with pytest.raises(ValueError, match="`low`"):
        layers.Clamp(1.0, 0.0)


def test_each_output_may_have_bounds_of_its_own():
    low, high = [-0.5, -9.0, 0.0], [1.0, -8.0, 0.0]
    layer = layers.Clamp.from_config(layers.Clamp(low, high).get_config())
    x = X[:, :3]
    np.testing.assert_array_equal(numbers(layer(x)), np.clip(x, low, high))
    np.testing.assert_array_equal(numbers(layer(x, training=True)), x)
    with pytest.raises(ValueError, match="must not be above"):
        layers.Clamp([0.0, 1.0], [1.0, 0.0])
    with pytest.raises(ValueError, match="differ in length"):
        layers.Clamp([0.0, 1.0], [1.0])
