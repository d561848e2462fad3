"""The transformer of two sequences: masks, gradients, and PyTorch's numbers."""

from pathlib import Path

import keras
import numpy as np
import pytest

from kerasdl import accelerate
from kerasdl.losses import SparseCategoricalCrossentropy
from kerasdl.models import encoder_decoder
from kerasdl.testing import dtype_policy
from tests.contract import numbers, outputs

torch = pytest.importorskip("torch")
VOCABULARY, WIDTH = 13, 8
SMALL = {"width": WIDTH, "depth": 2, "num_heads": 2, "mlp_units": 16}
DRAWN = np.random.default_rng(0)
BATCH = {
    "source": DRAWN.integers(1, VOCABULARY, (4, 6)).astype("int32"),
    "target": DRAWN.integers(1, VOCABULARY, (4, 5)).astype("int32"),
}


def model(**settings) -> keras.Model:
    return encoder_decoder((2, None), VOCABULARY, **SMALL | settings)


def stacked(batch: dict[str, np.ndarray]) -> np.ndarray:
    time = max(ids.shape[1] for ids in batch.values())
    padded = [np.pad(b, ((0, 0), (0, time - b.shape[1]))) for b in batch.values()]
    return np.stack(padded, axis=1)


def said_of(built: keras.Model, batch: dict[str, np.ndarray]) -> np.ndarray:
    """Return the logits at the places of the target."""
    return numbers(outputs(built, stacked(batch)))[:, : batch["target"].shape[1]]


def test_it_sees_its_past_and_the_whole_source():
    built = model()
    whole = said_of(built, BATCH)
    assert whole.shape == (4, 5, VOCABULARY)
    target, source = BATCH["target"].copy(), BATCH["source"].copy()
    target[:, 3] = 1 + target[:, 3] % (VOCABULARY - 1)
    changed = said_of(built, BATCH | {"target": target})
    np.testing.assert_allclose(changed[:, :3], whole[:, :3], atol=1e-5)
    assert np.abs(changed[:, 3] - whole[:, 3]).max() > 1e-3
    source[:, -1] = 1 + source[:, -1] % (VOCABULARY - 1)
    changed = said_of(built, BATCH | {"source": source})
    assert (np.abs(changed - whole).max((1, 2)) > 1e-4).all()


def test_padding_changes_nothing():
    built = model()
    padded = {name: np.pad(ids, ((0, 0), (0, 3))) for name, ids in BATCH.items()}
    short, long = (said_of(built, batch) for batch in (BATCH, padded))
    np.testing.assert_allclose(long[:, :5], short, atol=1e-5)


@pytest.mark.variant
@pytest.mark.parametrize(
    "policy", ["float32", pytest.param("mixed_bfloat16", marks=pytest.mark.slow)]
)
def test_every_parameter_learns(policy: str, tmp_path: Path):
    with dtype_policy(policy):
        built = model(depth=1, dropout=0.2, norm_first=policy != "float32")
    assert built.output.dtype == "float32"
    built.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    said = [said_of(network, BATCH) for network in (again, built)]
    assert np.array_equal(*said)
    loss = SparseCategoricalCrossentropy(from_logits=True, ignore_class=0)
    built.compile(keras.optimizers.SGD(0.5), loss)
    accelerate(built, report=pytest.fail)
    before = [numbers(v).copy() for v in built.trainable_variables]
    built.fit(x := stacked(BATCH), x[:, 1], batch_size=2, verbose=0)
    for old, variable in zip(before, built.trainable_variables, strict=True):
        new = numbers(variable)
        assert np.isfinite(new).all(), variable.path
        assert "key/bias" in variable.path or not np.array_equal(old, new)


def copied(linear: torch.nn.Linear, dense: keras.layers.Dense) -> None:
    linear.weight.copy_(torch.tensor(numbers(dense.kernel).T.copy()))
    linear.bias.copy_(torch.tensor(numbers(dense.bias)))


def normed(theirs: torch.nn.LayerNorm, ours: keras.layers.LayerNormalization) -> None:
    theirs.weight.copy_(torch.tensor(numbers(ours.gamma)))
    theirs.bias.copy_(torch.tensor(numbers(ours.beta)))


def attended(theirs: torch.nn.MultiheadAttention, ours: keras.layers.Layer) -> None:
    parts = (ours.query, ours.key, ours.value)
    kernels = np.concatenate([numbers(part.kernel).T for part in parts])
    theirs.in_proj_weight.copy_(torch.tensor(kernels))
    biases = np.concatenate([numbers(part.bias) for part in parts])
    theirs.in_proj_bias.copy_(torch.tensor(biases))
    copied(theirs.out_proj, ours.project)


def pytorch_transformer(ours: keras.Model, *, norm_first: bool) -> torch.nn.Module:
    """Return PyTorch's two stacks with the same weights."""
    given = {"layer_norm_eps": 1e-6, "batch_first": True, "norm_first": norm_first}
    block = torch.nn.TransformerEncoderLayer(WIDTH, 2, 16, 0.0, "relu", **given)
    norm = torch.nn.LayerNorm(WIDTH, 1e-6)
    encoder = torch.nn.TransformerEncoder(block, 2, norm, enable_nested_tensor=False)
    theirs = torch.nn.Transformer(
        WIDTH, 2, 2, 2, 16, 0.0, "relu", custom_encoder=encoder, **given
    ).eval()
    with torch.no_grad():
        for stack in ("encoder", "decoder"):
            blocks = getattr(theirs, stack)
            for number, block in enumerate(blocks.layers, 1):
                mine = ours.get_layer(f"{stack}_{number}")
                attended(block.self_attn, mine.attention)
                norms = [mine.attention_norm, mine.mlp_norm]
                if stack == "decoder":
                    attended(block.multihead_attn, mine.context_attention)
                    norms.insert(1, mine.context_norm)
                for index, norm in enumerate(norms, 1):
                    normed(getattr(block, f"norm{index}"), norm)
                copied(block.linear1, mine.mlp.expand)
                copied(block.linear2, mine.mlp.project)
            if norm_first:
                normed(blocks.norm, ours.get_layer(f"{stack}_norm"))
            else:
                blocks.norm = None
    return theirs


@pytest.mark.parametrize("norm_first", [False, True])
def test_it_equals_pytorch(norm_first: bool):
    ours = model(norm_first=norm_first)
    ours.set_weights([w + DRAWN.normal(size=w.shape) * 0.3 for w in ours.get_weights()])
    batch = {name: ids.copy() for name, ids in BATCH.items()}
    batch["source"][1, 4:] = batch["target"][2, 3:] = 0
    table = numbers(ours.get_layer("tokens").embeddings)
    places = np.arange(6)[:, None] / 10_000.0 ** (np.arange(0, WIDTH, 2) / WIDTH)
    waves = np.stack([np.sin(places), np.cos(places)], -1).reshape(6, WIDTH)
    embedded = [
        torch.tensor(
            (table[ids] * WIDTH**0.5 + waves[: ids.shape[1]]).astype("float32")
        )
        for ids in batch.values()
    ]
    unseen = [torch.tensor(ids == 0) for ids in batch.values()]
    vectors = pytorch_transformer(ours, norm_first=norm_first)(
        *embedded,
        tgt_mask=torch.triu(torch.ones(5, 5, dtype=torch.bool), 1),
        src_key_padding_mask=unseen[0],
        tgt_key_padding_mask=unseen[1],
        memory_key_padding_mask=unseen[0],
    )
    expected = vectors.detach().numpy() @ table.T
    np.testing.assert_allclose(
        said_of(ours, batch),
        expected,
        rtol=1e-4,
        atol=1e-4 * np.abs(expected).max(),
    )
