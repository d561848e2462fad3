"""Check of a model against the `transformers` config of published weights."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import keras

from kerasdl.models.published.config_keys import ACTIVATIONS
from kerasdl.models.published.library import Library


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


def faults(
    model: keras.Model, config: Mapping[str, Any], family: str, library: Library
) -> list[str]:
    """Return a fault for each config key that the model does not match.

    Args:
        model: A model of the family, with layers for all the weights.
        config: Content of `config.json`; missing keys are not checked.
        family: As in `load_hugging_face`.
        library: The names that `transformers` gives the family.
    """
    allowed = dict(library.supported)
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
