"""Operations of layers, compared with sums written by hand."""

import keras
import pytest
from keras import layers

import kerasdl
from kerasdl.layers import TransformerBlock
from tests.jobs.counted import block, flops, lstm

pytestmark = pytest.mark.variant


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
