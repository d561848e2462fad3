"""Every layer: build, forward, gradients, reload, `fit`, half precision."""

import inspect
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from kerasdl import accelerate, layers, testing
from tests import contract
from tests.variants import quickest, variants

CASES: dict[str, tuple[tuple, tuple, Callable[[], Any]]] = {
    "AttentionPooling": ((5, 6), (6,), lambda: layers.AttentionPooling(4, seed=0)),
    "BatchEnsembleDense": (
        (5, 6),
        (5, 4),
        lambda: layers.BatchEnsembleDense(5, 4, "normal", [2, 4], 0),
    ),
    "BatchEnsembleDense of one input": (
        (1, 6),
        (5, 4),
        lambda: layers.BatchEnsembleDense(5, 4, "signs", seed=0),
    ),
    "BottleneckBlock": ((8, 8, 4), (4, 4, 8), lambda: layers.BottleneckBlock(2, 2, 0)),
    "BottleneckBlock without a norm": (
        (8, 8, 4),
        (8, 8, 8),
        lambda: layers.BottleneckBlock(2, 1, 0, "gelu", "none"),
    ),
    "Clamp": ((5, 6), (5, 6), lambda: layers.Clamp(-9.0, 9.0)),
    "ClassToken": ((5, 6), (6, 6), lambda: layers.ClassToken(seed=0)),
    "ConvNeXtBlock": (
        (9, 9, 4),
        (9, 9, 4),
        lambda: layers.ConvNeXtBlock(3, 2, 0.5, drop_path=0.5, seed=0),
    ),
    "DropPath": ((5, 6), (5, 6), lambda: layers.DropPath(0.5, 0)),
    "Dropout": ((5, 6), (5, 6), lambda: layers.Dropout(0.5, 0)),
    "FeedForward": ((5, 6), (5, 6), lambda: layers.FeedForward(12, seed=0)),
    "FeedForward with a gate": (
        (5, 6),
        (5, 6),
        lambda: layers.FeedForward(12, "silu", seed=0, gated=True, use_bias=False),
    ),
    "InvertedResidualBlock": (
        (9, 9, 4),
        (5, 5, 6),
        lambda: layers.InvertedResidualBlock(6, 3, 5, 2, 2, seed=0),
    ),
    "InvertedResidualBlock with a shortcut": (
        (8, 8, 4),
        (8, 8, 4),
        lambda: layers.InvertedResidualBlock(
            4, 1, drop_path=0.5, seed=0, activation="silu"
        ),
    ),
    "InvertedResidualBlock of MobileNetV3": (
        (8, 8, 4),
        (4, 4, 6),
        lambda: layers.InvertedResidualBlock(
            6, 2.5, 5, 2, 2, 0.0, 0, "hard_silu", "relu", "hard_sigmoid", "symmetric"
        ),
    ),
    "LayerScale": ((5, 6), (5, 6), lambda: layers.LayerScale(0.1)),
    "LearnedPositions": ((5, 6), (5, 6), lambda: layers.LearnedPositions(5, 0)),
    "MemberAverage": ((5, 6), (6,), layers.MemberAverage),
    "MemberAverage of numbers": ((5, 6), (6,), lambda: layers.MemberAverage("numbers")),
    "MemberDense": ((5, 6), (5, 4), lambda: layers.MemberDense(4, 0)),
    "MultiHeadAttention": (
        (5, 8),
        (5, 8),
        lambda: layers.MultiHeadAttention(
            2, 0.2, causal=True, rotary=True, seed=0, qk_norm=True
        ),
    ),
    "NTKDense": ((5, 6), (5, 4), lambda: layers.NTKDense(4, 0.5, 0)),
    "PBLDEmbedding": ((5, 6), (5, 24), lambda: layers.PBLDEmbedding(7, 4, 0.5, 0)),
    "ParametricActivation": (
        (5, 6),
        (5, 6),
        lambda: layers.ParametricActivation("mish"),
    ),
    "PatchEmbedding": ((8, 4, 3), (8, 6), lambda: layers.PatchEmbedding(2, 6, 0)),
    "PiecewiseLinearEmbedding": (
        (5, 6),
        (5, 18),
        lambda: layers.PiecewiseLinearEmbedding(4, 3, 0),
    ),
    "RMSNormalization": ((5, 6), (5, 6), layers.RMSNormalization),
    "ResidualBlock": ((8, 8, 4), (4, 4, 6), lambda: layers.ResidualBlock(6, 2, 0)),
    "ResidualBlock of layer norms": (
        (8, 8, 4),
        (4, 4, 6),
        lambda: layers.ResidualBlock(6, 2, 0, "silu", "layer"),
    ),
    "RotaryEmbedding": ((5, 2, 6), (5, 2, 6), layers.RotaryEmbedding),
    "ScheduledDropout": ((5, 6), (5, 6), lambda: layers.ScheduledDropout(0.5, 4, 0)),
    "SinusoidalPositions": ((5, 6), (5, 6), layers.SinusoidalPositions),
    "TransformerBlock": (
        (5, 8),
        (5, 8),
        lambda: layers.TransformerBlock(
            2, 16, dropout=0.1, drop_path=0.1, layer_scale=0.1, seed=0
        ),
    ),
    "TransformerBlock of root mean squares": (
        (5, 8),
        (5, 8),
        lambda: layers.TransformerBlock(2, 16, norm_first=False, seed=0, norm="rms"),
    ),
}
"""The name of a layer, with what sets it apart, to the shapes of an example before and
after it, and how it is made."""
REMOVED = "key/bias"
"""The softmax takes no notice of what all keys have in common."""


def model(name: str) -> keras.Model:
    """Return the layer after another, so that something is learned in any case."""
    shape, _, layer = CASES[name]
    inputs = keras.Input(shape)
    scaled = keras.layers.Dense(shape[-1], kernel_initializer="identity")(inputs)
    return keras.Model(inputs, layer()(scaled))


def inputs(name: str, count: int = 6) -> np.ndarray:
    shape = (count, *CASES[name][0])
    return np.random.default_rng(0).normal(size=shape).astype("float32")


DRAWING = {"Dropout", "MemberAverage", "ResidualBlock", "TransformerBlock"}
"""Layers that draw numbers, or change more in a step than their weights."""
MORE = [name for name in CASES if " " in name]


LIKE_OTHERS = {
    *("ClassToken", "Clamp", "DropPath", "FeedForward", "LayerScale"),
    *("LearnedPositions", "MemberAverage", "MemberDense", "NTKDense", "ResidualBlock"),
    *("ParametricActivation", "RotaryEmbedding", "SinusoidalPositions"),
}
"""Layers of operations that others have as well."""


@pytest.fixture(
    params=[
        *(name for name in CASES if name not in MORE and name not in LIKE_OTHERS),
        *quickest(*sorted(LIKE_OTHERS)),
        *variants(*MORE),
    ]
)
def name(request) -> str:
    return request.param


def test_none_is_left_out():
    exported = {n for n in layers.__all__ if isinstance(getattr(layers, n), type)}
    assert exported - {name.split()[0] for name in CASES} == {
        "CategoryEmbeddings",  # no gradient passes through it
        "ResidualSum",  # it takes two tensors
    }


@pytest.mark.parametrize("policy", ["float32", *variants("mixed_bfloat16")])
def test_kept(name: str, policy: str):
    testing.check_layer(CASES[name][2], inputs(name), (), [REMOVED], [policy])


def test_half_precision(name: str):
    with testing.dtype_policy("mixed_bfloat16"):
        half = model(name)
    assert half.output_shape == (None, *CASES[name][1])
    assert half.output.dtype == "bfloat16"
    assert {v.dtype for v in half.trainable_variables} == {"float32"}


def test_its_config_is_all_its_arguments(name: str):
    layer = CASES[name][2]()
    arguments = {*inspect.signature(type(layer).__init__).parameters}
    arguments -= {"self", "kwargs"}
    config = layer.get_config()
    assert arguments <= config.keys()
    changed = {
        key: value / 2 if isinstance(value, float) else value
        for key, value in config.items()
        if key in arguments
    }
    again = type(layer).from_config(config | changed)
    assert again.get_config() == config | changed
    again(inputs(name))
    assert again.get_config() == config | changed


@pytest.mark.variant
@pytest.mark.parametrize(
    "name", [*sorted(DRAWING), *variants(*sorted(CASES.keys() - DRAWING))]
)
def test_fuses(name: str):
    """A fused step is Keras's own, draws included."""
    x, trained = inputs(name), []
    y = np.random.default_rng(1).normal(size=(len(x), *CASES[name][1]))
    for accelerated in (False, True):
        built = model(name)
        # TensorFlow runs one step in less time than it takes to trace it.
        eagerly = keras.config.backend() == "tensorflow" and not accelerated
        built.compile(keras.optimizers.SGD(0.5), "mse", run_eagerly=eagerly)
        if accelerated:
            accelerate(built, report=pytest.fail)
        built.fit(x, y.astype("float32"), len(x), shuffle=False, verbose=0)
        trained.append(built.get_weights())
    for one, other in zip(*trained, strict=True):
        assert np.allclose(one, other, rtol=1e-5, atol=1e-5)


@pytest.mark.variant
def test_without_a_seed_it_draws_one(name: str):
    layer = CASES[name][2]()
    config = layer.get_config()
    if "seed" not in config:
        return
    x = inputs(name)
    drawn = [type(layer)(**config | {"seed": None}) for _ in range(5)]
    first, *others = (contract.numbers(layer(x, training=True)) for layer in drawn)
    # Two that drop whole examples may well drop the same ones.
    assert not all(np.array_equal(first, other) for other in others)


@pytest.mark.parametrize("seed", [-1, 2**31])
def test_seeds_out_of_range_are_refused(name: str, seed: int):
    layer = CASES[name][2]()
    config = layer.get_config()
    if "seed" in config:
        with pytest.raises(ValueError, match="`seed`"):
            type(layer)(**config | {"seed": seed})


@pytest.mark.parametrize("block", ["ResidualBlock", "BottleneckBlock"])
def test_blocks_refuse_unknown_parts(block: str):
    with pytest.raises(ValueError, match=r"`norm` \(='group'\) must be 'batch'"):
        getattr(layers, block)(4, norm="group")
    with pytest.raises(ValueError, match="rleu"):
        getattr(layers, block)(4, activation="rleu")


@pytest.mark.parametrize("norm", ["batch", "group"])
def test_transformer_blocks_refuse_other_norms(norm: str):
    with pytest.raises(ValueError, match=rf"`norm` \(='{norm}'\) must be"):
        layers.TransformerBlock(2, 8, norm=norm)
