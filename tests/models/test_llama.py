"""Llama computes what `transformers` computes."""

from typing import Any

import numpy as np
import pytest

from kerasdl.errors import ModelFileError
from kerasdl.models import llama
from kerasdl.models.families.llama import Llama
from kerasdl.models.published.load import load_published
from tests.contract import numbers, outputs
from tests.models.test_published import stored
from tests.variants import quickest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
OURS = {"width": 24, "depth": 2, "num_heads": 4, "mlp_units": 40}
THEIRS = {
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 40,
    "vocab_size": 50,
    "rms_norm_eps": 1e-5,
}


def theirs(**settings: Any) -> Any:
    torch.manual_seed(0)
    config = transformers.LlamaConfig(**THEIRS | settings)
    model = transformers.LlamaForCausalLM(config).eval()
    with torch.no_grad():
        for name, each in model.named_parameters():
            if "norm" in name:
                each.uniform_(0.5, 1.5)
            else:
                each.normal_(0, 0.2)
    return model


@pytest.mark.parametrize(
    ("ours", "settings"),
    [
        ({"num_kv_heads": 2}, {"num_key_value_heads": 2}),
        *quickest(
            ({"num_kv_heads": 1, "tied": True},
             {"num_key_value_heads": 1, "tie_word_embeddings": True}),
            ({"rotary_base": 500.0},
             {"num_key_value_heads": 4, "rope_parameters":
              {"rope_type": "default", "rope_theta": 500.0}}),
        ),
    ],
    ids=["shared heads", "one head, tied", "another base"],
)  # fmt: skip
def test_logits(ours: dict[str, Any], settings: dict[str, Any]):
    reference = theirs(**settings)
    model = llama((12,), 50, **OURS, **ours)
    state = reference.state_dict()  # with `lm_head.weight`, tied or not
    state |= {"model.layers.0.self_attn.rotary_emb.inv_freq": torch.ones(3)}
    load_published(model, stored(state), "llama", "it")
    if ours.get("tied"):
        other = state | {"lm_head.weight": state["lm_head.weight"] + 1}
        with pytest.raises(ModelFileError, match=r"lm_head.weight of it differs from"):
            load_published(model, stored(other), "llama", "it")
    assert model.count_params() == sum(each.numel() for each in reference.parameters())
    ids = np.random.default_rng(0).integers(0, 50, (2, 12))
    with torch.no_grad():
        expected = reference(torch.tensor(ids)).logits.numpy()
    found = numbers(outputs(model, ids.astype("int32")))
    np.testing.assert_allclose(found, expected, atol=1e-4)


class Config:
    """Published weights of which a config is known."""

    name = "it"

    def __init__(self, **config: Any):
        self.config = config

    def shape(self, *_: Any) -> None:
        return None


@pytest.mark.any_backend
def test_what_it_does_not_compute_is_refused():
    good: Any = Config(hidden_size=24, num_attention_heads=4, rope_theta=500.0)
    assert Llama.keys_of(good)["model.rotary_base"] == 500
    for config, words in (
        ({"head_dim": 8, "hidden_size": 24, "num_attention_heads": 4}, "head_dim 8"),
        ({"rope_parameters": {"rope_type": "llama3"}}, "rotary positions 'llama3'"),
        ({"attention_bias": True}, "attention_bias True"),
        ({"model_type": "mistral"}, "model_type 'mistral'"),
        ({"rope_parameters": {"full": {"rope_theta": 1e4}}}, "rotary positions ''"),
        ({"head_dim": {}, "hidden_size": 24, "num_attention_heads": 4}, "head_dim {}"),
        (
            {"num_key_value_heads": 3, "hidden_size": 24, "num_attention_heads": 4},
            "num_key_value_heads 3",
        ),
    ):
        bad: Any = Config(**config)
        with pytest.raises(ModelFileError, match=words):
            Llama.keys_of(bad)


@pytest.mark.any_backend
def test_heads_that_cannot_be_shared_are_refused():
    with pytest.raises(ValueError, match="must divide `num_heads`"):
        llama((12,), 50, **OURS, num_kv_heads=3)
