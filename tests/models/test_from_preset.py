"""Models of presets, for a training of one's own."""

import keras
import numpy as np
import pytest

import kerasdl
from kerasdl.config.presets import names
from kerasdl.errors import InvalidConfigError
from kerasdl.models import from_preset

LARGE = ("bert-base", "gpt2", "resnet34", "resnet50", "vit-base", "vit-small")
SHAPES = {
    "autoencoder": (8, 8, 1),
    "bert-finetune": (16,),
    "bert-mlm-tiny": (16,),
    "bert-tiny": (16,),
    "gpt-tiny": (16,),
    "mlp": (64,),
    "mlp-regression": (10,),
    "mlp-tabular": (30,),
    "nlinear": (12, 2),
    "transformer-seq2seq": (2, 16),
}


@pytest.mark.any_backend
@pytest.mark.parametrize("preset", sorted(set(names()) - set(LARGE)))
def test_every_preset_gives_its_model(preset: str):
    shape = SHAPES.get(preset, (8, 8, 1))
    reads_tokens = preset.startswith(("bert-", "gpt-", "transformer-"))
    tokens = 10 if reads_tokens else None
    outputs = None if preset.endswith("autoencoder") else 10
    model = from_preset(preset, shape, outputs, vocabulary_size=tokens)
    assert isinstance(model, keras.Model)
    assert not model.compiled
    dtype = "int32" if reads_tokens else "float32"
    assert model(np.ones((2, *shape), dtype)).shape[0] == 2


def test_settings_lie_over_the_preset():
    one = from_preset("mlp", (4,), 2, settings=["model.hidden_units=[3]"])
    assert one.get_layer("dense_1").units == 3
    other = from_preset("mlp", (4,), 2, settings=["training.seed=1"])
    same = kerasdl.models.from_preset("mlp", input_shape=(4,), num_classes=2)
    kernels = [m.get_layer("dense_1").get_weights()[0] for m in (other, same)]
    assert not np.array_equal(*kernels)
    half = from_preset("mlp", (4,), 2, settings=["precision.policy=mixed_bfloat16"])
    assert half.get_layer("dense_1").compute_dtype == "bfloat16"
    assert keras.config.dtype_policy().name == "float32"


@pytest.mark.variant
def test_residual_networks_take_images_of_any_size():
    model = from_preset("resnet18", (None, None, 3), 5, settings=["model.stem=small"])
    for side in (8, 11):
        assert model(np.ones((2, side, side, 3), "float32")).shape == (2, 5)


def test_faults_are_those_of_a_config():
    with pytest.raises(InvalidConfigError, match="unknown preset 'mlpp'"):
        from_preset("mlpp", (4,))
    with pytest.raises(ValueError, match="`vocabulary_size` must be a number"):
        from_preset("bert-tiny", (16,), 2)
    with pytest.raises(ValueError, match="reads numbers, not tokens"):
        from_preset("mlp", (4,), 2, vocabulary_size=10)
    for preset in ("autoencoder", "conv-autoencoder"):
        with pytest.raises(ValueError, match=r"`num_outputs` \(=10\) must be None"):
            from_preset(preset, (8, 8, 1), 10)
    for preset in ("plain-cnn", "vit-tiny"):
        with pytest.raises(ValueError, match="must not hold None"):
            from_preset(preset, (None, None, 3), 2)
    with pytest.raises(ValueError, match="`stem` must be 'large' or 'small'"):
        from_preset("resnet18", (None, None, 3), 2)
    odd = ["model.rotary=true", "model.width=12"]
    with pytest.raises(ValueError, match="depth of a head"):
        from_preset("gpt-tiny", (16,), 10, settings=odd)
    with pytest.raises(ValueError, match="less than the 40000 tokens of the data"):
        from_preset("bert-base", (16,), 2, vocabulary_size=40_000)
