"""What models cost, compared with sums written by hand."""

import keras
import numpy as np
import pytest
from keras import layers

import kerasdl
from kerasdl import models
from kerasdl.diagnostics import latency
from kerasdl.errors import ConfigError
from tests.jobs.counted import block, functional

pytestmark = pytest.mark.variant


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
