"""Small models of ours, and what `transformers` would load into them."""

from typing import Any

import keras
import pytest

from kerasdl.models import bert, gpt, resnet, vit

transformers = pytest.importorskip("transformers")


def gpt_state(model: Any) -> dict[str, Any]:
    state = model.state_dict().items()
    return {name.removeprefix("transformer."): value for name, value in state}


def pair(
    kind: str, changed: dict[str, Any] | None = None, **settings: Any
) -> tuple[keras.Model, Any, str, Any]:
    """Return a small model of a family, and what would be loaded into it.

    `changed` are keys of ours, `settings` those of the other's config.
    """
    changed = changed or {}
    small = {
        "hidden_size": 8,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 16,
    }
    our_small = {"width": 8, "depth": 1, "num_heads": 2, "mlp_units": 16}
    if kind == "bert":
        sizes = {"vocab_size": 9, "max_position_embeddings": 6}
        config = transformers.BertConfig(**small | sizes | settings)
        theirs = transformers.BertModel(config)
        ours = bert((6, 2), None, 9, positions=6, **our_small | changed)
    elif kind == "vit":
        sizes = {"image_size": 8, "patch_size": 4, "layer_norm_eps": 1e-6}
        config = transformers.ViTConfig(**small | sizes | settings)
        theirs = transformers.ViTForImageClassification(config)
        ours = vit((8, 8, 3), 2, patch_size=4, **our_small | changed)
    elif kind == "gpt":
        sizes = {"vocab_size": 9, "n_positions": 6, "n_embd": 8, "n_layer": 1}
        config = transformers.GPT2Config(**sizes | {"n_head": 2} | settings)
        theirs = transformers.GPT2LMHeadModel(config)
        sizes = {"positions": 6, "mlp_units": 32}
        ours = gpt((6,), 9, **our_small | sizes | changed)
        return ours, gpt_state(theirs), kind, config
    else:
        config = transformers.ResNetConfig(
            depths=[2, 2, 2, 2],
            layer_type="basic",
            hidden_sizes=[64, 128, 256, 512],
            num_labels=2,
            **settings,
        )
        theirs = transformers.ResNetForImageClassification(config)
        ours = resnet((32, 32, 3), 2, depth=18, stem="large", **changed)
    return ours, theirs.state_dict(), kind, config
