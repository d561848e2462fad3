"""Weights by the names of timm and torchvision give what `transformers` computes."""

import re
from typing import Any

import numpy as np
import pytest

from kerasdl.errors import ModelFileError
from kerasdl.models import convnext, vit
from kerasdl.models.families.convnext import BLOCKS
from kerasdl.models.families.vit import ViT
from kerasdl.models.published.image_processor import image_keys, of_timm
from kerasdl.models.published.load import load_published
from kerasdl.models.published.source import Published
from tests.contract import numbers, outputs
from tests.jobs.test_export import logits
from tests.models.test_mobilenet import disturbed, images
from tests.models.test_published import stored

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

pytestmark = pytest.mark.any_backend


def renamed(state: dict[str, Any], *rules: tuple[str, str]) -> dict[str, Any]:
    found = {}
    for name, tensor in state.items():
        for pattern, other in rules:
            name = re.sub(pattern, other, name)
        found[name] = tensor
    return found


def their_vit() -> Any:
    config = transformers.ViTConfig(
        hidden_size=128, num_hidden_layers=2, num_attention_heads=2, num_labels=7,
        intermediate_size=64, image_size=32, patch_size=8, layer_norm_eps=1e-6,
    )  # fmt: skip
    return disturbed(transformers.ViTForImageClassification(config))


def timm_vit(state: dict[str, Any]) -> dict[str, Any]:
    state = renamed(
        state, (r"^vit\.", ""), (r"^embeddings\.patch_embeddings\.projection", "proj"),
        (r"^proj", "patch_embed.proj"), (r"^embeddings\.cls_token", "cls_token"),
        (r"^embeddings\.position_embeddings", "pos_embed"),
        (r"^(encoder\.layer|layers)\.", "blocks."),
        (r"attention\.attention\.(query|key|value)", r"attn.\1"),
        (r"attention\.(q|k|v)_proj", r"attn.\1"),
        (r"attention\.(output\.dense|o_proj)", "attn.proj"),
        (r"layernorm_before", "norm1"), (r"layernorm_after", "norm2"),
        (r"intermediate\.dense", "mlp.fc1"), (r"output\.dense", "mlp.fc2"),
        (r"^layernorm", "norm"), (r"^classifier", "head"),
    )  # fmt: skip
    found: dict[str, Any] = {}
    for name, tensor in state.items():
        if match := re.fullmatch(r"(.*attn)\.(q|k|v)\w*\.(\w+)", name):
            parts = found.setdefault(f"{match[1]}.qkv.{match[3]}", {})
            parts[match[2]] = tensor
        else:
            found[name] = tensor
    return {
        name: torch.cat([each[part] for part in "qkv"])
        if isinstance(each, dict)
        else each
        for name, each in found.items()
    }


def published(state: dict[str, Any]) -> Published:
    return Published("it", stored(state), {}, {}, {}, [], {}, None)


def test_vit_of_timm():
    reference = their_vit()
    weights = published(timm_vit(reference.state_dict()))
    keys = ViT.keys_of(weights)
    sizes = {key[6:]: keys[key] for key in keys if key.startswith("model.")}
    assert sizes == {
        "width": 128, "depth": 2, "mlp_units": 64, "patch_size": 8, "activation": "gelu",
        "epsilon": 1e-6,
    }  # fmt: skip
    assert keys["data.size"] == 32
    ours = vit((32, 32, 3), 7, num_heads=2, **sizes)
    loaded = load_published(ours, weights.tensors, "vit", "it")
    assert (loaded.library, loaded.replaced) == ("timm", [])
    expected = logits(reference, images(32))
    np.testing.assert_allclose(numbers(outputs(ours, images(32))), expected, atol=1e-4)


def test_widths_whose_heads_are_known():
    state = timm_vit(their_vit().state_dict())
    assert "model.num_heads" not in ViT.keys_of(published(state))
    wide = {"patch_embed.proj.weight": torch.zeros(1408, 3, 14, 14)}
    assert ViT.keys_of(published(state | wide))["model.num_heads"] == 16


def test_shapes_that_are_none_of_timm():
    state = timm_vit(their_vit().state_dict())
    for name in ("patch_embed.proj.weight", "pos_embed"):
        with pytest.raises(ModelFileError, match="other shapes than timm's"):
            ViT.keys_of(published(state | {name: torch.zeros(3)}))


def test_images_of_a_config_of_timm():
    told = {
        "mean": [0.1, 0.2, 0.3], "std": [0.5, 0.5, 0.5], "crop_pct": 0.875,
        "interpolation": "bicubic", "input_size": [3, 224, 224],
    }  # fmt: skip
    keys = image_keys(of_timm({"pretrained_cfg": told}, "it"), "it")
    assert keys["data.size"] == 224
    assert keys["data.crop_pct"] == pytest.approx(0.875)
    assert keys["data.interpolation"] == "bicubic"
    assert tuple(keys["data.mean"]) == (0.1, 0.2, 0.3)
    for bad in ({"interpolation": "lanczos"}, {"crop_pct": "a"}, {"input_size": 3},
                {"mean": None}):  # fmt: skip
        with pytest.raises(ModelFileError):
            image_keys(of_timm({"pretrained_cfg": told | bad}, "it"), "it")


RULES = {
    "timm": (
        (r"^convnext\.embeddings\.patch_embeddings", "stem.0"),
        (r"^convnext\.embeddings\.layernorm", "stem.1"),
        (r"^convnext\.encoder\.stages\.(\d)\.downsampling_layer", r"stages.\1.downsample"),
        (r"^convnext\.encoder\.stages\.(\d)\.layers", r"stages.\1.blocks"),
        (r"dwconv", "conv_dw"), (r"pwconv", "mlp.fc"), (r"(\d)\.layernorm", r"\1.norm"),
        (r"layer_scale_parameter", "gamma"), (r"^convnext\.layernorm", "head.norm"),
        (r"^classifier", "head.fc"),
    ),
    "torchvision": (
        (r"^classifier", "classifier.2"), (r"^convnext\.layernorm", "classifier.0"),
        (r"^convnext\.embeddings\.patch_embeddings", "features.0.0"),
        (r"^convnext\.embeddings\.layernorm", "features.0.1"),
        *((rf"^convnext\.encoder\.stages\.{n}\.downsampling_layer", f"features.{2 * n}")
          for n in (1, 2, 3)),
        *((rf"^convnext\.encoder\.stages\.{n}\.layers", f"features.{2 * n + 1}")
          for n in range(4)),
        (r"dwconv", "block.0"), (r"(\d)\.layernorm", r"\1.block.2"),
        (r"pwconv1", "block.3"), (r"pwconv2", "block.5"),
        (r"layer_scale_parameter", "layer_scale"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("library", RULES)
def test_convnext(library: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(BLOCKS, "tiny", (1, 2, 1, 1))
    config = transformers.ConvNextConfig(
        depths=[1, 2, 1, 1], num_labels=7, layer_scale_init_value=0.5,
        layer_norm_eps=1e-6,
    )  # fmt: skip
    reference = disturbed(transformers.ConvNextForImageClassification(config))
    state = renamed(reference.state_dict(), *RULES[library])
    for name in [name for name in state if name.endswith("layer_scale")]:
        state[name] = state[name][:, None, None]
    ours = convnext((64, 64, 3), 7)
    loaded = load_published(ours, stored(state), "convnext", "it")
    assert (loaded.library, loaded.replaced) == (library, [])
    expected = logits(reference, images(64))
    found = numbers(outputs(ours, images(64)))
    assert np.abs(found - expected).max() < 1e-4 * np.abs(expected).max()
