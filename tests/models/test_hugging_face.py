"""With the weights of `transformers`, our models say what its models say."""

from importlib import import_module
from typing import Any

import keras
import numpy as np
import pytest

from kerasdl.models import bert, gpt, resnet, vit
from kerasdl.models.hugging_face import load_hugging_face
from tests.contract import numbers, outputs
from tests.models.hugging_face_pairs import gpt_state, pair
from tests.variants import quickest, variants

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


@pytest.mark.parametrize("depth", [18, *quickest(50), *variants(34)])
def test_resnet(depth: int, monkeypatch: pytest.MonkeyPatch):
    """Of few filters, for the weights find their places by name."""
    widths = (8, 16, 24, 32)
    monkeypatch.setattr(
        import_module("kerasdl.models.families.resnet"), "WIDTHS", widths
    )
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
    load_hugging_face(ours, theirs.state_dict(), "resnet", theirs.config)
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
    load_hugging_face(ours, theirs.state_dict(), "vit", theirs.config)
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
    ours = bert((12, 2), None, 50, positions=20, **sizes)
    load_hugging_face(ours, theirs.state_dict(), "bert", theirs.config)
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


GPT = {"vocab_size": 50, "n_positions": 20, "n_embd": 24, "n_layer": 3, "n_head": 3}
OUR_GPT = {"positions": 20, "width": 24, "depth": 3, "num_heads": 3, "mlp_units": 96}


@pytest.fixture(scope="module")
def their_gpt() -> Any:
    return reference("GPT2LMHeadModel", transformers.GPT2Config(**GPT))


@pytest.mark.parametrize("padded", [False, True])
def test_gpt(their_gpt, padded: bool):
    ours = gpt((12,), 50, **OUR_GPT)
    load_hugging_face(ours, gpt_state(their_gpt), "gpt", their_gpt.config)
    ids = np.random.default_rng(0).integers(0, 50, (3, 12))
    seen = np.ones((3, 12), "int64")
    if padded:  # behind, where nothing before it can see it
        seen[1, 7:], seen[2, 3:] = 0, 0
    theirs_said = their_gpt(torch.tensor(ids), attention_mask=torch.tensor(seen)).logits
    said = numbers(outputs(ours, ids.astype("int32"))) * seen[..., None]
    assert_same(said, theirs_said * torch.tensor(seen)[..., None])


@pytest.mark.variant
@pytest.mark.parametrize("side", ["left", "right", "both", "none"])
def test_gpt_with_padding_on_any_side(their_gpt, side: str):
    """As when `transformers` writes on: positions begin at the first token."""
    ours = gpt((12, 2), 50, **OUR_GPT)
    load_hugging_face(ours, gpt_state(their_gpt), "gpt", their_gpt.config)
    ids = np.random.default_rng(0).integers(0, 50, (3, 12))
    seen = np.ones((3, 12), "int64")
    if side in ("left", "both"):
        seen[1, :5], seen[2, :9] = 0, 0
    if side in ("right", "both"):
        seen[1, 10:], seen[2, 11:] = 0, 0
    mask = torch.tensor(seen)
    places = (mask.cumsum(-1) - 1).clamp(min=0)
    expected = their_gpt(torch.tensor(ids), attention_mask=mask, position_ids=places)
    said = numbers(ours(np.stack([ids, seen], -1).astype("int32")))
    assert not said[seen == 0].any()
    assert_same(said * seen[..., None], expected.logits * mask[..., None])


@pytest.mark.variant
@pytest.mark.parametrize("rotary", [False, True])
def test_gpt_writes_the_same_whatever_stands_before_the_first_token(rotary: bool):
    """In training as well, where attention is computed otherwise."""
    settings = OUR_GPT | {"rotary": rotary, "depth": 1, "dropout": 0.0}
    settings["attention_dropout"] = 1e-9
    padded, alone = gpt((12, 2), 50, **settings), gpt((7,), 50, **settings)
    ids = np.random.default_rng(0).integers(0, 50, (2, 12))
    seen = np.arange(12) >= 5
    given = np.stack([ids, np.broadcast_to(seen, ids.shape)], -1).astype("int32")
    for training in (False, True):
        said = numbers(padded(given, training=training))[:, 5:]
        expected = numbers(alone(ids[:, 5:].astype("int32"), training=training))
        assert np.allclose(said, expected, atol=1e-5)


def test_logits_of_another_matrix(their_gpt):
    ours, state = gpt((12,), 50, **OUR_GPT), gpt_state(their_gpt)
    own = {"lm_head.weight": state["lm_head.weight"] * 1.01}
    biased = {"lm_head.bias": np.arange(50.0)}
    for more in (own, biased):
        with pytest.raises(
            ValueError, match=r"its logits are products with wte\.weight"
        ):
            load_hugging_face(ours, state | more, "gpt")
    load_hugging_face(gpt((12,), None, 50, **OUR_GPT), state | own, "gpt")
    bare = {name: value for name, value in state.items() if "lm_head" not in name}
    load_hugging_face(ours, bare, "gpt")
    with pytest.raises(ValueError, match="its logits are products"):
        load_hugging_face(ours, bare, "gpt", {"tie_word_embeddings": False})


@pytest.mark.any_backend
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("bert", "embeddings.word_embeddings.weight"),
        ("gpt", "h.0.attn.c_attn.bias"),
        ("vit", "classifier.weight"),
        ("resnet", "resnet.embedder.embedder.normalization.running_var"),
    ],
)
def test_weights_that_are_not_finite(kind: str, name: str, value: float):
    ours, state, family, _ = pair(kind)
    array = state[name].numpy().astype("float64")
    array.flat[-1] = value
    with pytest.raises(ValueError, match=f"{name} holds NaN or infinity"):
        load_hugging_face(ours, state | {name: array}, family)


@pytest.mark.parametrize("prefix", ["model.encoder.", "module."])
def test_a_prefix_is_named(bert_pair, prefix: str):
    ours, theirs = bert_pair[0], bert_pair[1].state_dict()
    state = {prefix + name: value for name, value in theirs.items()}
    message = f"all names begin with '{prefix}'"
    with pytest.raises(ValueError, match=message) as caught:
        load_hugging_face(ours, state | {"classifier.bias": np.zeros(2)}, "bert")
    assert len(str(caught.value)) < 200


def test_few_of_many_faults_are_told(bert_pair):
    ours = bert_pair[0]
    with pytest.raises(ValueError, match=r"; and \d+ more") as caught:
        load_hugging_face(ours, {"a.b": np.zeros(2)}, "bert")
    assert len(str(caught.value)) < 400


def test_nothing_changes_unless_all_fits(bert_pair):
    theirs = bert_pair[1].state_dict()
    small = {"width": 24, "depth": 3, "num_heads": 3, "mlp_units": 48}
    ours = bert((12, 2), None, 50, positions=20, **small)
    before = ours.get_weights()
    missing = {k: v for k, v in theirs.items() if "layer.1.output.dense" not in k}
    with pytest.raises(ValueError, match=r"block_2/mlp/project/kernel: it has no"):
        load_hugging_face(ours, missing, "bert")
    turned = dict(theirs)
    turned["pooler.dense.bias"] = np.zeros(23)
    with pytest.raises(ValueError, match=r"pooler/bias: .*\(23,\)"):
        load_hugging_face(ours, turned, "bert")
    shallow = bert((12, 2), None, 50, positions=20, **small | {"depth": 2})
    with pytest.raises(ValueError, match="16 weights match no variable"):
        load_hugging_face(shallow, theirs, "bert")
    pre_norm = bert((12, 2), None, 50, positions=20, **small, norm_first=True)
    with pytest.raises(ValueError, match="last_norm/gamma: it has no counterpart"):
        load_hugging_face(pre_norm, theirs, "bert")
    assert all(
        np.array_equal(old, new)
        for old, new in zip(before, ours.get_weights(), strict=True)
    )
