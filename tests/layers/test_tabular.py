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


def test_bins_are_quantiles_and_values_have_a_place_in_each():
    x = DRAWN.normal(size=(200, 4))
    x[:, 1] = np.round(x[:, 1])
    x[:, 2] = 7.0
    x[:, 3] *= 1e-42  # distances whose inverse is infinite
    layer = layers.PiecewiseLinearEmbedding(5, 5, seed=0)
    layer.build((None, 4))
    layer.adapt(x)
    edges = numbers(layer.edges)
    expected = np.quantile(x[:, 0], np.linspace(0, 1, 6))
    np.testing.assert_allclose(edges[0], expected, rtol=1e-6)
    few = np.unique(np.quantile(x[:, 1], np.linspace(0, 1, 6)))
    assert len(few) < 6
    assert edges[1].tolist() == [*few, *[few[-1]] * (6 - len(few))]
    layer.kernel.assign(np.tile(np.eye(5), (4, 1, 1)))
    layer.scale.assign(np.zeros((4, 5)))
    layer.bias.assign(np.zeros((4, 5)))
    new = np.linspace(-4, 4, 33)[:, None] * np.ones(4)
    places = numbers(layer(new.astype("float32"))).reshape(-1, 4, 5)
    for feature in (0, 1):
        distinct = np.unique(edges[feature])
        count = len(distinct) - 1
        inside = np.clip(new[:, 0], distinct[0], distinct[-1])
        at = np.interp(inside, distinct, np.arange(count + 1.0))
        clipped = np.clip(at[:, None] - np.arange(count), 0, 1)
        first = (new[:, 0] - distinct[0]) / (distinct[1] - distinct[0])
        last = (new[:, 0] - distinct[-2]) / (distinct[-1] - distinct[-2])
        clipped[:, 0] = np.minimum(first, 1)
        clipped[:, -1] = np.maximum(last, 0)
        np.testing.assert_allclose(places[:, feature, :count], clipped, atol=1e-4)
        assert not places[:, feature, count:].any()
    assert not places[:, 2:].any()
    for arguments in ((0,), (3, 0)):
        with pytest.raises(ValueError, match="`bins`"):
            layers.PiecewiseLinearEmbedding(*arguments)


def test_members_share_a_kernel():
    layer = layers.BatchEnsembleDense(5, 4, "normal", seed=0)
    x = DRAWN.normal(size=(7, 5, 3)).astype("float32")
    y = numbers(layer(x))
    kernel, before, after, bias = (numbers(w) for w in layer.weights)
    for member in range(5):
        own = before[member][:, None] * kernel * after[member]
        expected = x[:, member] @ own + bias[member]
        np.testing.assert_allclose(y[:, member], expected, atol=1e-5)
    one = layers.MemberDense(4, seed=0)
    y = numbers(one(x))
    for member in range(5):
        expected = (
            x[:, member] @ numbers(one.kernel)[member] + numbers(one.bias)[member]
        )
        np.testing.assert_allclose(y[:, member], expected, atol=1e-5)
    refused = [((0, 4), "members"), ((5, 4, "zeros"), "factors")]
    refused += [((5, 4, "signs", (2, 2)), "widths"), ((3, 4), "members")]
    for arguments, name in refused:
        with pytest.raises(ValueError, match=f"`{name}`"):
            layers.BatchEnsembleDense(*arguments).build((None, 5, 3))
    with pytest.raises(ValueError, match="`units`"):
        layers.MemberDense(0)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_the_loss_of_classes_is_the_mean_of_the_members(smoothing: float):
    from scipy.special import log_softmax

    from kerasdl.losses import SparseCategoricalCrossentropy

    x = DRAWN.normal(size=(6, 5, 3)).astype("float32") * 4
    y = DRAWN.integers(0, 3, 6)
    layer = layers.MemberAverage()
    loss = SparseCategoricalCrossentropy(True, smoothing)
    total = loss(y, layer(x, training=True)) + layer.losses[0]
    shares = (1 - smoothing) * np.eye(3)[y] + smoothing / 3
    expected = -(shares[:, None] * log_softmax(x.astype("float64"), -1)).sum(-1).mean()
    assert np.isclose(float(total), expected, rtol=1e-5)
    mean = np.exp(log_softmax(x.astype("float64"), -1)).mean(1)
    np.testing.assert_allclose(np.exp(numbers(layer(x))), mean, atol=1e-6)


def test_the_loss_of_numbers_is_the_mean_of_the_members():
    x = DRAWN.normal(size=(6, 5, 2)).astype("float32")
    y = DRAWN.normal(size=(6, 2)).astype("float32")
    layer = layers.MemberAverage("numbers")
    loss = keras.losses.MeanSquaredError()(y, layer(x, training=True))
    expected = ((x - y[:, None]) ** 2).mean()
    assert np.isclose(float(loss + layer.losses[0]), expected, rtol=1e-5)
    np.testing.assert_allclose(numbers(layer(x)), x.mean(1), atol=1e-6)
    with pytest.raises(ValueError, match="`of`"):
        layers.MemberAverage("logits")


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
