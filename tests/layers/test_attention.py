"""Attention and what transformers are made of, beside PyTorch and closed forms."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from kerasdl import layers
from tests.contract import numbers, outputs

torch = pytest.importorskip("torch")
DRAWN = np.random.default_rng(0)
X = DRAWN.normal(size=(3, 5, 8)).astype("float32")
CONTEXT = DRAWN.normal(size=(3, 4, 8)).astype("float32")
SEEN = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [1, 0, 0, 0, 0]], bool)


def pytorch_attention(ours: layers.MultiHeadAttention) -> torch.nn.Module:
    """Return PyTorch's attention with the same weights."""
    theirs = torch.nn.MultiheadAttention(8, ours.num_heads, batch_first=True)
    parts = (ours.query, ours.key, ours.value)
    kernels = np.concatenate([numbers(part.kernel).T for part in parts])
    biases = np.concatenate([numbers(part.bias) for part in parts])
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.tensor(kernels))
        theirs.in_proj_bias.copy_(torch.tensor(biases))
        project = ours.project
        theirs.out_proj.weight.copy_(torch.tensor(numbers(project.kernel).T.copy()))
        theirs.out_proj.bias.copy_(torch.tensor(numbers(project.bias)))
    return theirs


def attention(**settings) -> layers.MultiHeadAttention:
    made = layers.MultiHeadAttention(2, seed=0, **settings)
    made.build(X.shape)
    made.set_weights([DRAWN.normal(size=w.shape) * 0.3 for w in made.get_weights()])
    return made


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("padded", [False, True])
def test_attention_equals_pytorch(causal: bool, padded: bool):
    ours = attention(causal=causal)
    mask = SEEN if padded else None
    expected, _ = pytorch_attention(ours)(
        *[torch.tensor(X)] * 3,
        key_padding_mask=None if mask is None else torch.tensor(~mask),
        attn_mask=torch.triu(torch.ones(5, 5, dtype=torch.bool), 1) if causal else None,
    )
    assert np.allclose(
        numbers(outputs(ours, X, mask=mask)), expected.detach(), atol=1e-5
    )


@pytest.mark.parametrize("rotary", [False, True])
def test_normalised_queries_and_keys_equal_pytorch(rotary: bool):
    ours = attention(qk_norm=True, causal=True, rotary=rotary)
    x = torch.tensor(X)

    def heads(part: Any, norm: Any = None) -> Any:
        kernel, bias = (torch.tensor(numbers(w)) for w in (part.kernel, part.bias))
        y = (x @ kernel + bias).reshape(3, 5, 2, 4)
        if norm is not None:
            gamma = torch.tensor(numbers(norm.weights[0]))
            y = torch.nn.functional.rms_norm(y, (4,), gamma, eps=1e-6)
            y = torch.tensor(numbers(ours.turn(y.numpy()))) if rotary else y
        return y.transpose(1, 2)

    expected = torch.nn.functional.scaled_dot_product_attention(
        heads(ours.query, ours.query_norm),
        heads(ours.key, ours.key_norm),
        heads(ours.value),
        is_causal=True,
    )
    expected = ours.project(expected.transpose(1, 2).reshape(3, 5, 8).numpy())
    assert np.allclose(numbers(outputs(ours, X)), numbers(expected), atol=1e-5)


def test_normalised_queries_take_no_notice_of_their_length():
    ours = attention(qk_norm=True)
    plain = numbers(outputs(ours, X))
    for part in (ours.query, ours.key):
        part.set_weights([weight * 1000 for weight in part.get_weights()])
    assert np.allclose(numbers(outputs(ours, X)), plain, atol=1e-5)


def test_attention_to_a_context_equals_pytorch():
    ours = attention()
    seen = SEEN[:, :4]
    expected, _ = pytorch_attention(ours)(
        torch.tensor(X),
        *[torch.tensor(CONTEXT)] * 2,
        key_padding_mask=torch.tensor(~seen),
    )
    said = outputs(ours, X, CONTEXT, context_mask=seen)
    assert np.allclose(numbers(said), expected.detach(), atol=1e-5)


@pytest.mark.parametrize("causal", [False, True])
def test_dropout_of_weights_keeps_the_mean(causal: bool):
    """And next to no dropout is no dropout, though it is computed in another way."""
    ours = attention(causal=causal, dropout=0.4)
    plain = numbers(outputs(ours, X, mask=SEEN))
    often, seen = np.tile(X, (300, 1, 1)), np.tile(SEEN, (300, 1))
    drawn = numbers(outputs(ours, often, training=True, mask=seen))
    mean = drawn.reshape(300, *X.shape).mean(axis=0)
    assert np.abs(mean - plain).max() < 0.2 * np.abs(plain).max()
    little = attention(causal=causal, dropout=1e-9)
    little.set_weights(ours.get_weights())
    trained = numbers(outputs(little, X, training=True, mask=SEEN))
    assert np.allclose(trained, plain, atol=1e-5)


def test_masks_arrive_through_a_model():
    """From an embedding, as Keras hands them on, in each part of a block."""
    ids = np.array([[1, 2, 3, 0, 0], [4, 5, 0, 0, 0]])
    inputs = keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(9, 8, mask_zero=True)(inputs)
    x = layers.LearnedPositions(9, seed=0)(x)
    x = layers.SinusoidalPositions()(x)
    x = layers.Dropout(0.1, 0)(x)
    x = layers.DropPath(0.1, 0)(x)
    x = layers.LayerScale(0.5)(x)
    x = layers.FeedForward(4, seed=0)(x)
    x = layers.ResidualSum(seed=0)(x, x)
    x = layers.ClassToken(seed=0)(x)
    x = layers.TransformerBlock(2, 16, seed=0)(x)
    model = keras.Model(inputs, layers.AttentionPooling(4, seed=0)(x))
    short = [outputs(model, part) for part in (ids[:1, :3], ids[1:, :2])]
    expected = np.concatenate([numbers(part) for part in short])
    assert np.allclose(numbers(outputs(model, ids)), expected, atol=1e-5)


def test_masks_of_a_context_arrive_through_a_model():
    ids = np.array([[1, 2, 3, 0, 0], [4, 5, 0, 0, 0]])
    inputs, target = keras.Input((None,), dtype="int32"), keras.Input((4, 8))
    context = keras.layers.Embedding(9, 8, mask_zero=True)(inputs)
    block = layers.TransformerBlock(2, 16, causal=True, cross_attention=True, seed=0)
    model = keras.Model([inputs, target], block(target, context))
    x = X[:2, :4]
    parts = [ids[:1, :3], x[:1]], [ids[1:, :2], x[1:]]
    short = np.concatenate([numbers(outputs(model, part)) for part in parts])
    assert np.allclose(numbers(outputs(model, [ids, x])), short, atol=1e-5)


def test_a_decoder_block_sees_its_past_and_its_context():
    block = layers.TransformerBlock(2, 16, causal=True, cross_attention=True, seed=0)
    block.build(X.shape, CONTEXT.shape)
    whole = numbers(outputs(block, X, CONTEXT))
    later, other = X.copy(), CONTEXT.copy()
    later[:, 3:] = 7
    changed = numbers(outputs(block, later, CONTEXT))
    assert np.allclose(changed[:, :3], whole[:, :3], atol=1e-5)
    other[:, 2] = 7
    assert not np.allclose(numbers(outputs(block, X, other)), whole, atol=1e-4)
    seen = np.array([[True, True, False, True]] * 3)
    masked = [
        numbers(outputs(block, X, c, context_mask=seen)) for c in (CONTEXT, other)
    ]
    assert np.allclose(*masked, atol=1e-5)
    with pytest.raises(ValueError, match="call the block on a context"):
        layers.TransformerBlock(2, 16, cross_attention=True)(X)


@pytest.mark.parametrize("norm_first", [False, True])
def test_an_encoder_block_equals_pytorch(norm_first: bool):
    ours = layers.TransformerBlock(2, 16, norm_first=norm_first, epsilon=1e-5, seed=0)
    ours.build(X.shape)
    ours.set_weights([DRAWN.normal(size=w.shape) * 0.3 for w in ours.get_weights()])
    theirs = torch.nn.TransformerEncoderLayer(
        8, 2, 16, 0.0, "gelu", batch_first=True, norm_first=norm_first
    ).eval()
    theirs.self_attn = pytorch_attention(ours.attention).eval()
    pairs = [
        (theirs.linear1.weight, numbers(ours.mlp.expand.kernel).T),
        (theirs.linear1.bias, numbers(ours.mlp.expand.bias)),
        (theirs.linear2.weight, numbers(ours.mlp.project.kernel).T),
        (theirs.linear2.bias, numbers(ours.mlp.project.bias)),
        (theirs.norm1.weight, numbers(ours.attention_norm.gamma)),
        (theirs.norm1.bias, numbers(ours.attention_norm.beta)),
        (theirs.norm2.weight, numbers(ours.mlp_norm.gamma)),
        (theirs.norm2.bias, numbers(ours.mlp_norm.beta)),
    ]
    with torch.no_grad():
        for parameter, value in pairs:
            parameter.copy_(torch.tensor(value.copy()))
    expected = theirs(torch.tensor(X)).detach()
    assert np.allclose(numbers(outputs(ours, X)), expected, atol=1e-4)


def test_rotations_hand_a_mask_on():
    x = keras.ops.convert_to_tensor(DRAWN.normal(size=(3, 5, 2, 4)).astype("float32"))
    seen = keras.ops.convert_to_tensor(SEEN)
    assert layers.RotaryEmbedding().compute_mask(x, seen) is seen


def test_rotary_positions_turn_complex_numbers():
    x = DRAWN.normal(size=(2, 5, 3, 6)).astype("float32")
    turned = numbers(layers.RotaryEmbedding()(x))
    angle = np.arange(5)[:, None, None] * 10_000.0 ** (-np.arange(3) / 3)
    whole = (x[..., :3] + 1j * x[..., 3:]) * np.exp(1j * angle)
    assert np.allclose(turned, np.concatenate([whole.real, whole.imag], -1), atol=1e-5)


def test_rotary_scores_depend_on_distance_alone():
    """The same query and key everywhere: scores are those of the distance."""
    same = np.broadcast_to(DRAWN.normal(size=(2, 6)), (1, 7, 2, 6)).astype("float32")
    q, k = (
        numbers(layers.RotaryEmbedding()(part)) for part in (same, same[:, :, ::-1])
    )
    scores = np.einsum("bthd,bshd->bhts", q, k)
    assert np.allclose(scores[..., 1:, 1:], scores[..., :-1, :-1], atol=1e-4)


def test_sinusoidal_positions_are_those_of_the_paper():
    added = numbers(layers.SinusoidalPositions()(np.zeros((1, 9, 6), "float32")))[0]
    for position in range(9):
        for i in range(3):
            angle = position / 10_000 ** (2 * i / 6)
            assert np.isclose(added[position, 2 * i], np.sin(angle), atol=1e-6)
            assert np.isclose(added[position, 2 * i + 1], np.cos(angle), atol=1e-6)


def test_drop_path_leaves_whole_examples_out():
    x = np.ones((4000, 2, 3), "float32")
    dropped = numbers(layers.DropPath(0.3, 0)(x, training=True))
    kept = dropped[:, 0, 0] > 0
    assert (dropped == np.where(kept, np.float32(1 / 0.7), 0)[:, None, None]).all()
    assert abs(kept.mean() - 0.7) < 0.03
    assert np.array_equal(numbers(layers.DropPath(0.3, 0)(x)), x)


def test_attention_pooling_is_a_weighted_mean():
    pool = layers.AttentionPooling(4, seed=0)
    pool.build(X.shape)
    pooled = numbers(outputs(pool, X, mask=SEEN))
    hidden = np.tanh(X @ numbers(pool.hidden.kernel) + numbers(pool.hidden.bias))
    weights = np.exp(hidden @ numbers(pool.score.kernel)) * SEEN[..., None]
    weights /= weights.sum(1, keepdims=True)
    assert np.allclose(pooled, (weights * X).sum(1), atol=1e-5)


def test_patches_are_read_row_by_row():
    image = np.arange(16, dtype="float32").reshape(1, 4, 4, 1)
    patches = layers.PatchEmbedding(2, 4, seed=0)
    patches(image)
    patches.set_weights([np.eye(4).reshape(2, 2, 1, 4), np.zeros(4)])
    expected = [[0, 1, 4, 5], [2, 3, 6, 7], [8, 9, 12, 13], [10, 11, 14, 15]]
    assert np.array_equal(numbers(patches(image))[0], expected)


@pytest.mark.parametrize(
    ("make", "x", "words"),
    [
        (lambda: layers.MultiHeadAttention(3), X, "divisible by `num_heads`"),
        (lambda: layers.PatchEmbedding(3, 4), np.ones((1, 8, 8, 1)), "must divide"),
        (lambda: layers.LearnedPositions(4), X, "longer than `length`"),
        (layers.RotaryEmbedding, np.ones((1, 2, 3, 5)), "must be even"),
        (layers.SinusoidalPositions, np.ones((1, 2, 5)), "must be even"),
        (lambda: layers.DropPath(1.0), X, "0 ≤ rate < 1"),
        (lambda: layers.ClassToken(-1.0), X, "`stddev`"),
        (lambda: layers.RotaryEmbedding(1.0), X, "`base`"),
    ],
)
def test_what_does_not_fit_is_refused(make, x, words: str):
    with pytest.raises(ValueError, match=words):
        make()(ops.convert_to_tensor(x, "float32"))
