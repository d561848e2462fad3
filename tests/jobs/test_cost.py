"""What models cost, compared with sums written by hand."""

import json
import re

import keras
import numpy as np
import pytest
from keras import layers

import kerasdl
from kerasdl import models
from kerasdl.diagnostics import latency
from kerasdl.errors import ConfigError
from kerasdl.layers import TransformerBlock
from tests.jobs.helpers import verb_apart

pytestmark = pytest.mark.variant


def functional(*stack, shape, dtype="float32") -> keras.Model:
    x = inputs = keras.Input(shape, dtype=dtype)
    for layer in stack:
        x = layer(x)
    return keras.Model(inputs, x)


def flops(*stack, shape, dtype="float32") -> int:
    cost = kerasdl.cost(functional(*stack, shape=shape, dtype=dtype))
    assert cost.not_counted == []
    return cost.flops


def lstm(time: int, width: int, units: int) -> int:
    """Gates 8u(x + u) + 4u + 4u + 4u, state 3u, output 2u; biased."""
    return time * (8 * units * (width + units) + 17 * units)


def block(time: int, width: int, mlp: int, heads: int) -> int:
    projections = 4 * time * width * (2 * width + 1)
    attention = time**2 * (4 * width + 2 * heads)
    feed_forward = time * (mlp * (2 * width + 1) + mlp + width * (2 * mlp + 1))
    return projections + attention + feed_forward + (2 * 7 + 2) * time * width


@pytest.mark.parametrize(
    ("stack", "shape", "expected"),
    [
        ([layers.Dense(3)], (5,), 3 * (2 * 5 + 1)),
        ([layers.Dense(3, "relu", use_bias=False)], (7, 5), 7 * 3 * (2 * 5 + 1)),
        ([layers.EinsumDense("abc,cde->abde", (None, 4, 2))], (7, 5), 7 * 8 * 2 * 5),
        ([layers.EinsumDense("...c,cd->...d", 3, bias_axes="d")], (5,), 3 * 11),
        ([layers.Conv1D(4, 3)], (10, 2), 8 * 4 * (2 * 3 * 2 + 1)),
        ([layers.Conv2D(4, (3, 5), padding="same")], (8, 6, 2), 48 * 4 * (2 * 30 + 1)),
        ([layers.Conv2D(4, 3, groups=2, strides=2)], (9, 9, 6), 16 * 4 * (2 * 27 + 1)),
        ([layers.Conv3D(2, 2)], (3, 4, 5, 3), 24 * 2 * (2 * 24 + 1)),
        ([layers.Conv1DTranspose(4, 3, strides=2)], (10, 2), 10 * 2 * 24 + 21 * 4),
        (
            [layers.Conv2DTranspose(4, 2, strides=2)],
            (5, 5, 3),
            25 * 3 * 2 * 4 * 4 + 400,
        ),
        ([layers.DepthwiseConv2D(3, depth_multiplier=2)], (6, 6, 3), 16 * 6 * 19),
        (
            [layers.SeparableConv2D(4, 3, depth_multiplier=2)],
            (6, 6, 3),
            16 * (6 * 18 + 4 * (2 * 6 + 1)),
        ),
        ([layers.LSTM(4)], (6, 3), lstm(6, 3, 4)),
        ([layers.Bidirectional(layers.LSTM(4), "sum")], (6, 3), 2 * lstm(6, 3, 4) + 4),
        ([layers.GRU(4)], (6, 3), 6 * (6 * 4 * (3 + 4) + 6 * 4 + 11 * 4)),
        (
            [layers.GRU(4, reset_after=False)],
            (6, 3),
            6 * (6 * 4 * (3 + 4) + 3 * 4 + 11 * 4),
        ),
        ([layers.SimpleRNN(4, use_bias=False)], (6, 3), 6 * 4 * (2 * 7 + 2)),
        (
            [layers.RNN([layers.LSTMCell(4), layers.LSTMCell(2)])],
            (6, 3),
            lstm(6, 3, 4) + lstm(6, 4, 2),
        ),
        ([layers.TimeDistributed(layers.Dense(3))], (7, 5), 7 * 3 * 11),
        (
            [layers.TimeDistributed(keras.Sequential([layers.Dense(3, "tanh")]))],
            (7, 5),
            7 * 3 * 12,
        ),
        ([layers.BatchNormalization()], (4, 4, 3), 2 * 48),
        ([layers.LayerNormalization()], (7, 5), 7 * 35),
        ([layers.MaxPooling2D(2)], (4, 4, 3), 4 * 12),
        ([layers.GlobalAveragePooling2D()], (4, 4, 3), 48),
        ([layers.Flatten(), layers.Dropout(0.5)], (4, 4), 0),
        ([TransformerBlock(2, 12)], (5, 8), block(5, 8, 12, 2)),
    ],
    ids=lambda value: value[0].name if isinstance(value, list) else None,
)
def test_operations_of_a_layer(stack, shape, expected):
    assert flops(*stack, shape=shape) == expected


def test_embeddings_compute_nothing():
    assert flops(layers.Embedding(9, 4), shape=(5,), dtype="int32") == 0


def test_attention_of_keras():
    width = 3 if keras.config.backend() == "jax" else 4  # JAX wants that of a key
    query, value = keras.Input((5, 8)), keras.Input((7, 6))
    attended = layers.MultiHeadAttention(2, 3, value_dim=width)(query, value)
    cost = kerasdl.cost(keras.Model([query, value], attended))
    last = 5 * 8 * (2 * 2 * width + 1)
    projections = 5 * 6 * 17 + 7 * 6 * 13 + 7 * 2 * width * 13 + last
    scores = 2 * 5 * 7 * (2 * 3 + 2 * width + 2)
    assert cost.flops == projections + scores
    kept = 5 * 6 + 7 * 6 + 7 * 2 * width + 5 * 8 + 2 * 5 * 7 + 5 * 2 * width
    assert cost.activation_bytes == 32 * 4 * kept


def test_grouped_attention_projects_fewer_keys():
    x = keras.Input((5, 8))
    attended = layers.GroupQueryAttention(3, 4, 2, use_bias=False)(x, x)
    projections = 2 * 5 * 8 * (12 + 6 + 6) + 2 * 5 * 12 * 8
    scores = 4 * 25 * (4 * 3 + 2)
    assert kerasdl.cost(keras.Model(x, attended)).flops == projections + scores


def test_mlp():
    model = models.mlp((784,), 10, hidden_units=[256, 128], dropout=0.3)
    model.compile("adam", "mse")
    cost = kerasdl.cost(model, batch_size=100)
    hidden = sum(u * (2 * w + 1) + 3 * u for w, u in ((784, 256), (256, 128)))
    assert cost.flops == hidden + 10 * (2 * 128 + 1)
    assert cost.parameters == model.count_params()
    assert cost.trainable_parameters == model.count_params() - 2 * 384
    assert cost.activation_bytes == 100 * 4 * (4 * 384 + 10)
    assert cost.weight_bytes == 4 * cost.parameters
    assert cost.gradient_bytes == 4 * cost.trainable_parameters
    moments = cost.optimizer_bytes - 8 * cost.trainable_parameters
    assert 0 <= moments < 100  # and the step and the learning rate
    assert cost.training_bytes == (
        cost.weight_bytes
        + cost.gradient_bytes
        + cost.optimizer_bytes
        + cost.activation_bytes
    )
    assert not model.optimizer.built


def test_half_precision_keeps_half():
    sizes = {}
    for policy in ("float32", "mixed_bfloat16"):
        settings = [f"precision.policy={policy}"]
        model = models.from_preset("mlp", (64,), 10, settings=settings)
        cost = kerasdl.cost(model, batch_size=1)
        sizes[policy] = cost.activation_bytes - 4 * 10  # the head
        assert cost.weight_bytes == 4 * cost.parameters
    assert sizes["float32"] == 2 * sizes["mixed_bfloat16"]


def test_resnet_18_needs_the_published_operations():
    """1.8 GFLOPs in the paper, where a multiply-add counts as one: He 2016, table 1."""
    model = models.from_preset("resnet18", (224, 224, 3), 1000)
    cost = kerasdl.cost(model)
    assert cost.flops == pytest.approx(2 * 1.82e9, rel=0.01)
    assert cost.parameters == model.count_params()
    assert sum(layer.parameters for layer in cost.layers) == cost.parameters


def test_vit():
    settings = ["model.depth=2", "model.dropout=0", "model.drop_path=0"]
    model = models.from_preset("vit-tiny", (32, 32, 3), 10, settings=settings)
    cost = kerasdl.cost(model)
    [patch] = [layer for layer in cost.layers if layer.kind == "PatchEmbedding"]
    _, patches, width = patch.output
    side = 32 // int(patches**0.5)
    assert patch.flops == patches * width * (2 * side**2 * 3 + 1)
    first, second = (each for each in cost.layers if each.kind == "TransformerBlock")
    block_ = model.get_layer(first.name)
    time = first.output[1]
    expected = block(time, width, block_.mlp_units, block_.num_heads)
    assert first.flops == second.flops == expected
    heads = block_.num_heads * time**2
    kept = heads + time * (11 * width + 2 * block_.mlp_units)
    assert first.activation_bytes == 4 * (kept - time * width)


def test_a_layer_called_twice_is_one_row():
    x, shared = keras.Input((4,)), layers.Dense(4)
    cost = kerasdl.cost(keras.Model(x, shared(shared(x))))
    [row] = cost.layers
    assert (row.calls, row.flops, row.parameters) == (2, 2 * 4 * 9, 20)


def test_nested_models_and_operations_between_layers():
    x = keras.Input((4,))
    inner = functional(layers.Dense(3, name="inner"), shape=(4,))
    y = keras.ops.matmul(inner(x)[:, :, None], inner(x)[:, None])
    cost = kerasdl.cost(keras.Model(x, keras.ops.mean(y + 1, axis=(1, 2))))
    assert cost.not_counted == []
    assert cost.flops == 2 * 3 * 9 + 2 * 9 * 1 + 9 + 9


@keras.saving.register_keras_serializable("tests")
class Doubled(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.inner = layers.Dense(2, name="inner")

    def call(self, x):
        return 2 * self.inner(x)


class TwiceDense(layers.Dense):
    def call(self, inputs):
        return super().call(inputs) + super().call(inputs)


class MinimalCell(layers.Layer):
    state_size = output_size = 4

    def call(self, x, states):
        return x, states


@pytest.mark.parametrize(
    ("layer", "shape", "named", "counted"),
    [
        (Doubled(name="a"), (3,), "a (Doubled) besides the layers in it", 2 * 7),
        (TwiceDense(2, name="b"), (3,), "b (TwiceDense)", 0),
        (layers.RNN(MinimalCell(), name="c"), (3, 4), "c (RNN)", 0),
        (
            keras.Sequential([Doubled(name="d")], name="outer"),
            (3,),
            "outer/d (Doubled) besides the layers in it",
            2 * 7,
        ),
    ],
)
def test_what_is_not_counted_is_named(layer, shape, named, counted):
    cost = kerasdl.cost(functional(layer, shape=shape))
    assert cost.not_counted[0].startswith(named)
    assert cost.flops == counted


class Subclassed(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = layers.Dense(2)

    def call(self, x):
        return self.dense(x)


def test_a_subclassed_model_is_walked_on_a_batch():
    model, x = Subclassed(name="own"), np.zeros((3, 4), "float32")
    model(x)
    cost = kerasdl.cost(model, x)
    assert cost.flops == 2 * 9
    assert cost.not_counted == ["own (Subclassed) besides the layers in it"]
    assert cost.parameters == 10


class Refusing(keras.Model):
    def call(self, x):
        raise TypeError("it needs\na friend")


@pytest.mark.parametrize(
    ("model", "x", "what"),
    [
        (Subclassed(name="own"), None, "the inputs of model 'own' are unknown"),
        (functional(shape=(None, 2)), None, r"takes inputs of any size: \[\(None, 2\)"),
        (
            Refusing(name="no"),
            np.zeros((1, 2)),
            "'no' cannot be walked: .*it needs a friend",
        ),
    ],
)
def test_a_model_that_cannot_be_walked(model, x, what):
    with pytest.raises(ConfigError, match=what):
        kerasdl.cost(model, x)


def test_open_sizes_are_those_of_a_batch():
    model = functional(layers.Dense(3), shape=(None, 2))
    assert kerasdl.cost(model, np.zeros((4, 7, 2))).flops == 7 * 3 * 5


def test_measuring_leaves_the_model_alone(monkeypatch):
    monkeypatch.setattr(latency, "SECONDS", 0.01)
    model = models.mlp((8,), 2, hidden_units=[4])
    before = model.get_weights()
    cost = kerasdl.cost(model, measure=True)
    assert [each.batch_size for each in cost.measured] == [1, 32]
    for each in cost.measured:
        assert each.policy == "float32"
        assert 0 < each.latency.median <= each.latency.p99
        assert each.latency.calls >= 5
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert cost.to_json()["flops"] == cost.flops


def test_the_cost_of_a_run(run_of_five_epochs, monkeypatch):
    monkeypatch.setattr(latency, "SECONDS", 0.01)
    path = str(run_of_five_epochs[0].path)
    code, out, err = verb_apart("evaluate", path, "--cost", "--json")
    assert code == 0, err
    cost = json.loads(out)
    units = (64, 256), (256, 128)
    hidden = sum(u * (2 * w + 1) + 3 * u for w, u in units)
    assert cost["flops"] == hidden + 10 * 257
    assert cost["optimizer_bytes"] >= 8 * cost["trainable_parameters"]
    policies = ("float32", "mixed_bfloat16", "mixed_float16")
    sizes = [(each["policy"], each["batch_size"]) for each in cost["measured"]]
    assert sizes == [(policy, size) for policy in policies for size in (1, 32)]
    code, out, _ = verb_apart("evaluate", path, "--cost")
    rows = [line.split() for line in out.splitlines()]
    assert ["dense_1", "Dense", "256", "16,640", "33,024", "1.0", "KiB"] in rows
    assert "a multiply-add counts as 2" in out
    for policy in policies:
        assert sum(row[:1] == [policy] for row in rows) == 2


def test_the_cost_of_a_run_is_of_no_other_data():
    code, _, err = verb_apart("evaluate", "mine", "--cost", "--data", "digits")
    assert (code, err.splitlines()[-1][:6]) == (2, "error:")


@pytest.mark.parametrize("units", ["65536, 65536", "128, 128"])
def test_a_config_that_does_not_fit_the_weights(copied_run, units):
    file = copied_run.path / "config.toml"
    text = re.sub(
        r"hidden_units = \[[^]]*\]", f"hidden_units = [{units}]", file.read_text()
    )
    assert units in text
    file.write_text(text)
    path = str(copied_run.path)
    code, _, err = verb_apart("evaluate", path, "--cost", "--trust-edits")
    assert code in (4, 7), err
    assert err.splitlines()[-1].startswith("error: ")
