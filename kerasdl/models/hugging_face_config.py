"""Check of a model against the `transformers` config of published weights."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import keras

SUPPORTED: dict[str, dict[str, tuple[Any, ...]]] = {
    "bert": {
        "model_type": ("bert",),
        "position_embedding_type": ("absolute",),
        "pad_token_id": (0, None),
        "is_decoder": (False,),
        "add_cross_attention": (False,),
    },
    "gpt": {
        "model_type": ("gpt2",),
        "scale_attn_weights": (True,),
        "scale_attn_by_inverse_layer_idx": (False,),
        "add_cross_attention": (False,),
    },
    "resnet": {
        "model_type": ("resnet",),
        "downsample_in_first_stage": (False,),
    },
    "vit": {
        "model_type": ("vit",),
        "qkv_bias": (True,),
    },
}
"""By family, a config key to the values that our models implement."""
ACTIVATIONS = {
    "gelu": ("gelu", "gelu_python"),
    "gelu_tanh": ("gelu_new", "gelu_pytorch_tanh", "gelu_fast"),
    "relu": ("relu",),
    "silu": ("silu", "swish"),
    "tanh": ("tanh",),
}
"""Our activation to the names of the same function in `transformers`, which has no
`elu`, and whose `leaky_relu` has another slope."""


def _epsilon(model: keras.Model) -> tuple[float]:
    return (model.get_layer("block_1").epsilon,)


def _num_heads(model: keras.Model) -> tuple[int]:
    return (model.get_layer("block_1").num_heads,)


def _activation(model: keras.Model, block: str = "block_1") -> tuple[str, ...]:
    name = model.get_layer(block).activation
    return ACTIVATIONS.get(name, (f"{name} of Keras",))


def _image_size(model: keras.Model) -> tuple[tuple[int, ...]]:
    return (model.input_shape[1:3],)


MODEL_VALUES: dict[str, dict[str, Callable[[keras.Model], tuple[Any, ...]]]] = {
    "bert": {
        "layer_norm_eps": _epsilon,
        "num_attention_heads": _num_heads,
        "hidden_act": _activation,
    },
    "gpt": {
        "layer_norm_epsilon": _epsilon,
        "n_head": _num_heads,
        "activation_function": _activation,
    },
    "resnet": {"hidden_act": partial(_activation, block="stage_1_block_1")},
    "vit": {
        "layer_norm_eps": _epsilon,
        "num_attention_heads": _num_heads,
        "hidden_act": _activation,
        "image_size": _image_size,
    },
}
"""By family, a config key to the function that reads its values from a model."""


def faults(model: keras.Model, config: Mapping[str, Any], family: str) -> list[str]:
    """Return a fault for each config key that the model does not match.

    Args:
        model: A model of the family, with layers for all the weights.
        config: Content of `config.json`; missing keys are not checked.
        family: As in `load_hugging_face`.
    """
    allowed = dict(SUPPORTED[family])
    allowed |= {key: read(model) for key, read in MODEL_VALUES[family].items()}
    if config.get("layer_type", "bottleneck") == "bottleneck":
        allowed["downsample_in_bottleneck"] = (False,)
    return [
        f"the config's {key} is {config[key]!r}, the model computes with {ours[0]!r}"
        for key, ours in allowed.items()
        if key in config and _normalized(config[key], key) not in ours
    ]


def _normalized(value: Any, key: str) -> Any:
    """Return a value in the model's form: an image size as `(height, width)`."""
    if key != "image_size":
        return value
    return tuple(value) if isinstance(value, (list, tuple)) else (value, value)
