"""With the weights of `transformers`, our models say what its models say."""

from importlib import import_module
from typing import Any

import keras
import numpy as np
import pytest

from kerasdl.models import bert, gpt, resnet, vit
from kerasdl.models.hugging_face import load_hugging_face
from tests.contract import numbers, outputs

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")


def reference(kind: str, config: Any, **settings: Any) -> Any:
    """Return a model that is not at its start, where many weights are 0 or 1."""
    torch.manual_seed(0)
    model = getattr(transformers, kind)(config, **settings).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.02 * torch.randn_like(parameter))
        for name, buffer in model.named_buffers():
            if name.endswith("running_var"):
                buffer.uniform_(0.5, 2.0)
            elif name.endswith("running_mean"):
                buffer.normal_(0, 0.1)
    return model


def assert_same(ours: Any, theirs: Any) -> None:
    expected = theirs.detach().numpy()
    scale = np.abs(expected).max()
    assert np.abs(numbers(ours) - expected).max() <= 1e-4 * scale


@pytest.mark.parametrize("depth", [18, 34, 50])
def test_resnet(depth: int, monkeypatch: pytest.MonkeyPatch):
    """Of few filters, for the weights find their places by name."""
    widths = (8, 16, 24, 32)
    monkeypatch.setattr(import_module("kerasdl.models.resnet"), "WIDTHS", widths)
    blocks = {18: [2, 2, 2, 2], 34: [3, 4, 6, 3], 50: [3, 4, 6, 3]}
    bottleneck = depth == 50
    config = transformers.ResNetConfig(
        depths=blocks[depth],
        layer_type="bottleneck" if bottleneck else "basic",
        embedding_size=widths[0],
        hidden_sizes=[width * 4 if bottleneck else width for width in widths],
        num_labels=7,
    )
    theirs = reference("ResNetForImageClassification", config)
    ours = resnet((64, 64, 3), 7, depth=depth, stem="large")
    load_hugging_face(ours, theirs.state_dict(), "resnet")
    x = np.random.default_rng(0).normal(size=(2, 64, 64, 3)).astype("float32")
    channels_first = torch.tensor(x.transpose(0, 3, 1, 2).copy())
    assert_same(outputs(ours, x), theirs(channels_first).logits)


def test_vit():
    config = transformers.ViTConfig(
        hidden_size=24,
        num_hidden_layers=3,
        num_attention_heads=3,
        intermediate_size=48,
        image_size=32,
        patch_size=8,
        layer_norm_eps=1e-6,
        num_labels=7,
    )
    theirs = reference("ViTForImageClassification", config)
    ours = vit((32, 32, 3), 7, patch_size=8, width=24, depth=3, mlp_units=48)
    load_hugging_face(ours, theirs.state_dict(), "vit")
    x = np.random.default_rng(0).normal(size=(2, 32, 32, 3)).astype("float32")
    channels_first = torch.tensor(x.transpose(0, 3, 1, 2).copy())
    assert_same(outputs(ours, x), theirs(channels_first).logits)


@pytest.fixture(scope="module")
def bert_pair() -> tuple[keras.Model, Any]:
    config = transformers.BertConfig(
        vocab_size=50,
        hidden_size=24,
        num_hidden_layers=3,
        num_attention_heads=3,
        intermediate_size=48,
        max_position_embeddings=20,
    )
    theirs = reference("BertModel", config)
    sizes = {"width": 24, "depth": 3, "num_heads": 3, "mlp_units": 48}
    ours = bert((12, 2), None, 50, 20, **sizes)
    load_hugging_face(ours, theirs.state_dict(), "bert")
    return ours, theirs


def test_bert_with_padding_and_token_types(bert_pair):
    ours, theirs = bert_pair
    drawn = np.random.default_rng(0)
    ids, types = drawn.integers(1, 50, (3, 12)), drawn.integers(0, 2, (3, 12))
    ids[1, 7:], ids[2, 3:] = 0, 0
    expected = theirs(
        torch.tensor(ids),
        attention_mask=torch.tensor((ids != 0).astype("int64")),
        token_type_ids=torch.tensor(types),
    )
    pairs = np.stack([ids, types], -1).astype("int32")
    assert_same(outputs(ours, pairs), expected[1])
    last = keras.Model(ours.input, ours.get_layer("block_3").output)
    states = numbers(outputs(last, pairs))
    seen = torch.tensor((ids != 0)[..., None])
    assert_same(states * seen.numpy(), expected[0] * seen)


def test_weights_of_half_precision(bert_pair):
    ours, theirs = bert_pair
    before = ours.get_weights()
    half = {k: v.to(torch.bfloat16) for k, v in theirs.state_dict().items()}
    load_hugging_face(ours, half, "bert")
    after = ours.get_weights()
    load_hugging_face(ours, theirs.state_dict(), "bert")
    for exact, rounded in zip(before, after, strict=True):
        np.testing.assert_allclose(rounded, exact, rtol=2**-8)


@pytest.mark.parametrize("padded", [False, True])
def test_gpt(padded: bool):
    config = transformers.GPT2Config(
        vocab_size=50, n_positions=20, n_embd=24, n_layer=3, n_head=3
    )
    theirs = reference("GPT2LMHeadModel", config)
    sizes = {"positions": 20, "width": 24, "depth": 3, "num_heads": 3}
    ours = gpt((12,), 50, mlp_units=96, **sizes)
    state = {k.removeprefix("transformer."): v for k, v in theirs.state_dict().items()}
    load_hugging_face(ours, state, "gpt")
    ids = np.random.default_rng(0).integers(0, 50, (3, 12))
    seen = np.ones((3, 12), "int64")
    if padded:  # behind, where nothing before it can see it
        seen[1, 7:], seen[2, 3:] = 0, 0
    theirs_said = theirs(torch.tensor(ids), attention_mask=torch.tensor(seen)).logits
    said = numbers(outputs(ours, ids.astype("int32"))) * seen[..., None]
    assert_same(said, theirs_said * torch.tensor(seen)[..., None])


def test_nothing_changes_unless_all_fits(bert_pair):
    theirs = bert_pair[1].state_dict()
    small = {"width": 24, "depth": 3, "num_heads": 3, "mlp_units": 48}
    ours = bert((12, 2), None, 50, 20, **small)
    before = ours.get_weights()
    missing = {k: v for k, v in theirs.items() if "layer.1.output.dense" not in k}
    with pytest.raises(ValueError, match=r"block_2/mlp/project/kernel: it has no"):
        load_hugging_face(ours, missing, "bert")
    turned = dict(theirs)
    turned["pooler.dense.bias"] = np.zeros(23)
    with pytest.raises(ValueError, match=r"pooler/bias: .*\(23,\)"):
        load_hugging_face(ours, turned, "bert")
    shallow = bert((12, 2), None, 50, 20, **small | {"depth": 2})
    with pytest.raises(ValueError, match="16 weights have no place in it"):
        load_hugging_face(shallow, theirs, "bert")
    pre_norm = bert((12, 2), None, 50, 20, **small, norm_first=True)
    with pytest.raises(ValueError, match="last_norm/gamma: it has no counterpart"):
        load_hugging_face(pre_norm, theirs, "bert")
    assert all(
        np.array_equal(old, new)
        for old, new in zip(before, ours.get_weights(), strict=True)
    )
