"""What is computed in float64 has its 16 digits, beside NumPy; what half precision has."""

from collections.abc import Iterator

import keras
import numpy as np
import pytest
from keras import ops

from kerasdl import layers
from kerasdl.backend.float64 import float64
from kerasdl.backend.precision import at_least_float32
from kerasdl.jobs.layer_outputs import layer_outputs
from kerasdl.models import (
    autoencoder,
    bert,
    cnn,
    conv_autoencoder,
    encoder_decoder,
    gpt,
    mlp,
    rnn,
)
from tests.contract import numbers
from tests.variants import quickest

DRAWN = np.random.default_rng(0)
X = DRAWN.normal(size=(3, 5, 8))


@pytest.fixture
def exact() -> Iterator[None]:
    with float64():
        yield


def test_all_is_as_before_behind_it():
    def state() -> tuple:
        kinds = keras.backend.result_type("float64", "float32")
        given = keras.backend.standardize_dtype(ops.convert_to_tensor(X).dtype)
        policy = keras.config.dtype_policy().name
        built = mlp((4,), 2, seed=0).output.dtype
        return keras.config.floatx(), policy, kinds, given, built

    before = state()
    assert before[:2] == ("float32", "float32")
    with float64():
        assert not {*state()} & {"float32"}
    assert state() == before
    with pytest.raises(ValueError, match="must be"), float64():
        layers.SinusoidalPositions()(np.ones((1, 2, 5)))
    assert state() == before


def assert_equal(value, expected: np.ndarray):
    assert keras.backend.standardize_dtype(value.dtype) == "float64"
    np.testing.assert_allclose(numbers(value), expected, rtol=1e-12, atol=1e-14)


def softmax(scores: np.ndarray, axis: int) -> np.ndarray:
    weights = np.exp(scores)
    return weights / weights.sum(axis, keepdims=True)


def test_operations(exact: None):
    x = ops.convert_to_tensor(X)
    assert_equal(ops.matmul(x, ops.transpose(x, (0, 2, 1))), X @ X.transpose(0, 2, 1))
    assert_equal(ops.mean(x, axis=1) / 3, X.mean(1) / 3)


def test_positions(exact: None):
    angle = np.arange(5)[:, None] * 10_000.0 ** (-np.arange(4) / 4)
    waves = np.stack([np.sin(angle), np.cos(angle)], -1).reshape(5, 8)
    assert_equal(layers.SinusoidalPositions()(X), X + waves)
    whole = (X[..., :4] + 1j * X[..., 4:])[:, :, None] * np.exp(1j * angle)[:, None]
    turned = layers.RotaryEmbedding()(X[:, :, None])
    assert_equal(turned, np.concatenate([whole.real, whole.imag], -1))


def test_pooling(exact: None):
    pool = layers.AttentionPooling(4, seed=0)
    pooled = pool(X)
    pool.set_weights([DRAWN.normal(size=w.shape) for w in pool.get_weights()])
    kernel, bias, score = pool.get_weights()
    weights = softmax(np.tanh(X @ kernel + bias) @ score, 1)
    assert_equal(pool(X), (weights * X).sum(1))
    assert pooled.shape == (3, 8)


def test_attention_in_training(exact: None):
    """With so little dropout that none is left out."""
    attention = layers.MultiHeadAttention(1, dropout=1e-9, seed=0)
    attention(X)
    attention.set_weights([DRAWN.normal(size=w.shape) for w in attention.get_weights()])
    parts = (attention.query, attention.key, attention.value)
    query, key, value = (
        X @ numbers(part.kernel) + numbers(part.bias) for part in parts
    )
    weights = softmax(query @ key.transpose(0, 2, 1) / np.sqrt(8), -1) / (1 - 1e-9)
    project = attention.project
    expected = weights @ value @ numbers(project.kernel) + numbers(project.bias)
    assert_equal(attention(X, training=True), expected)


def test_the_gradient_of_a_convolution_of_one_filter(exact: None):
    """Which PyTorch does not take for the kernel as Keras has it."""
    x = DRAWN.normal(size=(2, 4, 4, 3))
    inputs = keras.Input((4, 4, 3))
    once = keras.layers.Conv2D(3, 1, use_bias=False)
    convolution = keras.layers.Conv2D(1, 2, use_bias=False)
    outputs = keras.layers.GlobalAveragePooling2D()(convolution(once(inputs)))
    model = keras.Model(inputs, outputs)
    model.compile(keras.optimizers.SGD(1.0), "mean_absolute_error")
    before, seen = (numbers(v).copy() for v in (convolution.kernel, once.kernel))
    model.train_on_batch(x, np.full((2, 1), 1e3))
    patches = (x @ seen[0, 0])[:, :3, :3], (x @ seen[0, 0])[:, :3, 1:]
    patches += (x @ seen[0, 0])[:, 1:, :3], (x @ seen[0, 0])[:, 1:, 1:]
    step = np.stack([p.mean((0, 1, 2)) for p in patches]).reshape(2, 2, 3, 1)
    assert_equal(convolution.kernel.value, before + step)


MODELS = {
    "autoencoder": lambda: autoencoder((6,), None, seed=0),
    "bert": lambda: bert((6,), 7, vocabulary_size=7, seed=0),
    "cnn": lambda: cnn((8, 8, 1), 7, filters=(4, 8), seed=0),
    "conv-autoencoder": lambda: conv_autoencoder((8, 8, 1), None, seed=0),
    "gpt": lambda: gpt((6,), 7, rotary=True, seed=0),
    "mlp": lambda: mlp((6,), 7, seed=0),
    "rnn": lambda: rnn((6, 5), 7, pooling="attention", seed=0),
}


@pytest.mark.parametrize("name", ["cnn", *quickest(*sorted(MODELS.keys() - {"cnn"}))])
def test_models(exact: None, name: str):
    """Of layers that may round, one each."""
    model = MODELS[name]()
    shape = (2, *model.input_shape[1:])
    x = np.ones(shape, model.input.dtype)
    for layer, output in layer_outputs(model, x, training=False).items():
        assert output.dtype == "float64", layer
    assert {v.dtype for v in model.trainable_variables} == {"float64"}


def test_a_model_of_two_texts(exact: None):
    small = {"width": 8, "depth": 1, "num_heads": 2, "mlp_units": 16}
    model = encoder_decoder((2, 6), 7, **small, seed=0)
    assert model.output.dtype == "float64"


def test_what_half_precision_would_spoil():
    assert at_least_float32() == "float32"
    assert at_least_float32("bfloat16") == at_least_float32("float16") == "float32"
    keras.config.set_floatx("float16")
    try:
        assert mlp((4,), 2, seed=0).output.dtype == "float32"
    finally:
        keras.config.set_floatx("float32")
