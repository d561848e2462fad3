"""What the layers of kerasdl compute, compared with sums written by hand."""

import inspect

import keras
import pytest

import kerasdl
from kerasdl import layers
from kerasdl.layers.work import OWN_LAYERS

pytestmark = pytest.mark.any_backend


def test_every_layer_has_a_rule():
    own = {kind for kind in vars(layers).values() if inspect.isclass(kind)}
    assert set(OWN_LAYERS) == own


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        (layers.AttentionPooling(4), (5, 6), 5 * 4 * 14 + 5 * 8 + 5 + 5 * 12),
        (layers.BatchEnsembleDense(3, 4), (1, 6), 3 * 6 + 3 * 4 * (12 + 2)),
        (
            layers.BottleneckBlock(2, 2),
            (8, 8, 4),
            (64 * 2 * 8 + 64 * 2 * 3)  # 1×1, its norm and activation
            + (16 * 2 * 36 + 16 * 2 * 3)
            + (16 * 8 * 4 + 16 * 8 * 2)
            + (16 * 8 * 8 + 16 * 8 * 2)  # the shortcut
            + 16 * 8 * 2,
        ),
        (
            layers.InvertedResidualBlock(6, 3, squeezed=2, strides=2),
            (8, 8, 4),
            (64 * 12 * 8 + 64 * 12 * 2 + 64 * 12)  # 1×1, its norm and activation
            + (16 * 12 * 18 + 16 * 12 * 2 + 16 * 12)
            + 16 * 12  # means
            + (2 * 25 + 2)
            + (12 * 5 + 12)
            + 16 * 12
            + (16 * 6 * 24 + 16 * 6 * 2),
        ),
        (
            layers.InvertedResidualBlock(4, 1),
            (8, 8, 4),
            (64 * 4 * 18 + 64 * 4 * 2 + 64 * 4) + (64 * 4 * 8 + 64 * 4 * 2) + 64 * 4,
        ),
        (
            layers.ConvNeXtBlock(3, 2),
            (8, 8, 4),
            64 * (4 * 19 + 4 * 7 + 8 * 9 + 8 + 4 * 17 + 4 + 4),
        ),
        (
            layers.FeedForward(12, "silu", gated=True, use_bias=False),
            (5, 6),
            5 * (12 * 12 * 2 + 12 * 2 + 6 * 24),
        ),
        (layers.FeedForward(12, "linear"), (5, 6), 5 * (12 * 13 + 6 * 25)),
        (layers.MemberDense(4), (5, 6), 5 * 4 * 13),
        (layers.MemberAverage(), (5, 6), 3 * 30),
        (layers.MultiHeadAttention(2, rotary=True), (5, 8), 5 * 8 * (68 + 6) + 50 * 18),
        (layers.NTKDense(4), (6,), 4 * 14),
        (layers.PBLDEmbedding(7, 4), (6,), 6 * (21 + 7 * 6 + 3)),
        (layers.ParametricActivation("relu"), (6,), 4 * 6),
        (layers.PatchEmbedding(2, 6), (8, 4, 3), 8 * 6 * 25),
        (layers.PiecewiseLinearEmbedding(4, 3), (6,), 6 * (16 + 24 + 9)),
        (
            layers.ResidualBlock(6, 2),
            (8, 8, 4),
            16 * 6 * (2 * 36 + 2 * 54 + 2 * 4 + 3 * 2 + 3),
        ),
        (layers.RMSNormalization(), (5, 6), 4 * 30),
        (layers.SinusoidalPositions(), (5, 6), 30),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_operations(layer, shape, expected):
    x = keras.Input(shape)
    cost = kerasdl.cost(keras.Model(x, layer(x)))
    assert cost.not_counted == []
    assert cost.flops == expected
