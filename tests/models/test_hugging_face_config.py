"""Weights load if their config means the function of our model."""

import numpy as np
import pytest

from kerasdl.layers import FeedForward
from kerasdl.models import resnet
from kerasdl.models.hugging_face import load_hugging_face
from kerasdl.models.published.config_keys import ACTIVATIONS
from tests.contract import numbers
from tests.models.hugging_face_pairs import pair

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        ("bert", {"layer_norm_eps": 1e-5}, "layer_norm_eps is 1e-05, .* with 1e-12"),
        ("bert", {"num_attention_heads": 4}, "num_attention_heads is 4, .* with 2"),
        ("bert", {"hidden_act": "relu"}, "hidden_act is 'relu', .* with 'gelu'"),
        ("bert", {"hidden_act": "gelu_new"}, "hidden_act is 'gelu_new'"),
        ("bert", {"is_decoder": True}, "is_decoder is True, .* with False"),
        ("bert", {"pad_token_id": 1}, "pad_token_id is 1, .* with 0"),
        ("bert", {"position_embedding_type": "relative_key"}, "type is 'relative_key'"),
        ("vit", {"layer_norm_eps": 1e-12}, "layer_norm_eps is 1e-12, .* with 1e-06"),
        ("vit", {"num_attention_heads": 1}, "num_attention_heads is 1, .* with 2"),
        ("vit", {"hidden_act": "gelu_pytorch_tanh"}, "hidden_act is"),
        ("vit", {"image_size": (4, 16)}, r"image_size is .*4, 16.*with \(8, 8\)"),
        ("gpt", {"layer_norm_epsilon": 1e-6}, "layer_norm_epsilon is 1e-06"),
        ("gpt", {"n_head": 4}, "n_head is 4, .* with 2"),
        ("gpt", {"activation_function": "gelu"}, "activation_function is 'gelu'"),
        ("gpt", {"scale_attn_weights": False}, "scale_attn_weights is False"),
        ("gpt", {"scale_attn_by_inverse_layer_idx": True}, "inverse_layer_idx is True"),
        ("resnet", {"hidden_act": "gelu"}, "hidden_act is 'gelu', .* with 'relu'"),
        (
            "resnet",
            {"downsample_in_first_stage": True},
            "match no variable|first_stage",
        ),
    ],
)
def test_a_config_of_another_function(kind: str, settings, message: str):
    ours, state, family, config = pair(kind, **settings)
    before = ours.get_weights()
    for given in (config, config.to_dict()):
        with pytest.raises(ValueError, match=message) as caught:
            load_hugging_face(ours, state, family, given)
        assert len(str(caught.value).splitlines()) == 1
    for old, new in zip(before, ours.get_weights(), strict=True):
        assert np.array_equal(old, new)


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("kind", "changed", "message"),
    [
        ("resnet", {"activation": "gelu"}, "hidden_act is 'relu', .* with 'gelu'"),
        ("bert", {"activation": "silu"}, "hidden_act is 'gelu', .* with 'silu'"),
        ("vit", {"activation": "elu"}, "hidden_act is 'gelu', .* with 'elu of Keras'"),
        ("gpt", {"activation": "gelu"}, "_function is 'gelu_new', .* with 'gelu'"),
        ("resnet", {"norm": "layer"}, "weights match no variable"),
        ("bert", {"norm": "none"}, "weights match no variable"),
        ("gpt", {"norm": "rms"}, "norm/scale: it has no counterpart"),
    ],
)
def test_a_model_of_another_function(kind: str, changed: dict, message: str):
    ours, state, family, config = pair(kind, changed)
    with pytest.raises(ValueError, match=message):
        load_hugging_face(ours, state, family, config)


@pytest.mark.any_backend
def test_an_activation_of_the_same_function():
    for kind, key, activation in [
        ("bert", "hidden_act", "relu"),
        ("vit", "hidden_act", "tanh"),
        ("gpt", "activation_function", "silu"),
        ("resnet", "hidden_act", "silu"),
    ]:
        changed = {"activation": activation}
        load_hugging_face(*pair(kind, changed, **{key: activation}))
    theirs = pair("resnet", {"activation": "leaky_relu"}, hidden_act="leaky_relu")
    with pytest.raises(ValueError, match="with 'leaky_relu of Keras'"):
        load_hugging_face(*theirs)


@pytest.mark.any_backend
@pytest.mark.parametrize("ours", ["leaky_relu", *ACTIVATIONS])
def test_activations_by_name_are_the_same_functions(ours: str):
    x = np.linspace(-4, 4, 33, dtype="float32").reshape(-1, 1)
    layer = FeedForward(1, ours)
    layer.build(x.shape)
    layer.set_weights([np.full_like(w, w.ndim - 1) for w in layer.get_weights()])
    for name in ACTIVATIONS.get(ours, (ours,)):
        expected = transformers.activations.ACT2FN[name](torch.tensor(x)).numpy()
        same = np.allclose(numbers(layer(x)), expected, atol=1e-5)
        assert same == (ours in ACTIVATIONS), name


@pytest.mark.variant
@pytest.mark.parametrize("kind", ["bert", "vit", "gpt", "resnet"])
def test_a_config_of_the_same_function(kind: str):
    ours, state, family, config = pair(kind)
    load_hugging_face(ours, state, family, config)
    load_hugging_face(ours, state, family, {})
    with pytest.raises(ValueError, match="model_type is 'roberta'"):
        load_hugging_face(ours, state, family, {"model_type": "roberta"})


@pytest.mark.variant
def test_the_stride_of_a_bottleneck():
    blocks, widths = [3, 4, 6, 3], [256, 512, 1024, 2048]
    config = transformers.ResNetConfig(
        depths=blocks, hidden_sizes=widths, downsample_in_bottleneck=True, num_labels=2
    )
    state = transformers.ResNetForImageClassification(config).state_dict()
    ours = resnet((32, 32, 3), 2, depth=50, stem="large")
    with pytest.raises(ValueError, match="downsample_in_bottleneck is True"):
        load_hugging_face(ours, state, "resnet", config)
