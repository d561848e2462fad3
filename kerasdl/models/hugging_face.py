"""Loading of weights from PyTorch models of Hugging Face's `transformers`."""

import re
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from kerasdl import registry
from kerasdl.models.hugging_face_config import faults as config_faults
from kerasdl.models.published.counterparts import counterpart, fits, prefix_of
from kerasdl.models.published.library import Library

LIBRARY = "transformers"
IGNORED = re.compile(
    r".*\.(position_ids|token_type_ids|num_batches_tracked|attn\.(masked_)?bias)"
    r"|(.*\.)?(lm_head|cls|classifier|pooler)\..*"
)
"""Names of buffers, and of last layers that the model may lack."""
LM_HEAD = re.compile(r"(.*\.)?lm_head\.(weight|bias)")
"""Names of the layer that computes a decoder's logits."""


MOST_SHOWN = 4
"""Faults in a message; the rest are counted."""


def load_hugging_face(
    model: keras.Model, state: Mapping[str, Any], family: str, config: Any = None
) -> None:
    """Load the weights of a `transformers` model into its counterpart.

    Everything is checked before the first variable changes::

        reference = transformers.BertModel(config)
        load_hugging_face(model, reference.state_dict(), "bert", config)

    Pass the config too, since the outputs also depend on settings that the weights do
    not show. These are epsilon, the number of heads, the activation, the attention
    scale, the position of the stride, the image size, the padding token and the model
    type. Without a config, the model must have been built to match. Dropout rates may
    differ, since they matter only in training.

    Args:
        model: Model whose variables are assigned.
        state: Name to array or PyTorch tensor, as `state_dict()` returns them. Buffers
            and last layers that the model lacks are ignored.
        family: `"bert"` for `BertModel`, `"gpt"` for `GPT2Model`, `"resnet"` for
            `ResNetForImageClassification` or `"vit"` for `ViTForImageClassification`.
        config: Config of the weights: the `config` of their model, or the content of
            `config.json`.

    Raises:
        ValueError: If `family` is unknown. If a variable has no counterpart, or one
            with another shape, NaN or infinity. If weights are left over. If `lm_head`
            is biased or not the token embedding. If the model does not match the
            config.
    """
    library = _library(family)
    arrays, faults, used = [], [], set()
    for variable in model.weights:
        try:
            name, array = _array(variable, state, library)
            arrays.append(array.reshape(variable.shape))
            used.add(name)
        except ValueError as fault:
            faults.append(f"{variable.path}: {fault}")
    unused = [n for n in state if n not in used and not IGNORED.fullmatch(n)]
    if unused and not faults:
        example = f"such as {unused[0]}"
        faults.append(f"{len(unused)} weights match no variable of it, {example}")
    if not faults:
        if not isinstance(config, Mapping):
            config = {} if config is None else config.to_dict()
        faults += _untied(model, state, config)
        faults += config_faults(model, config, family, library)
    if prefix := prefix_of(model.weights, state, library) if faults else "":
        rule = f"pass the part {prefix.rstrip('.')!r} alone, without this prefix"
        faults = [f"all names begin with {prefix!r}: {rule}"]
    if faults:
        more = len(faults) - MOST_SHOWN
        shown = "; ".join(faults[:MOST_SHOWN])
        shown += f"; and {more:,} more" if more > 0 else ""
        raise ValueError(f"cannot load {model.name}: {shown}")
    for variable, array in zip(model.weights, arrays, strict=True):
        variable.assign(array)


def _library(family: str) -> Library:
    """Return the names that `transformers` gives a family."""
    known = {
        name: library
        for name in registry.names("families")
        for library in registry.find("families", name).published()
        if library.name == LIBRARY
    }
    if family not in known:
        raise ValueError(
            f"`family` (={family!r}) must be one of {tuple(sorted(known))}"
        )
    return known[family]


def _array(
    variable: keras.Variable, state: Mapping[str, Any], library: Library
) -> tuple[str, np.ndarray]:
    """Return the name of a variable's counterpart, and its value in Keras's layout."""
    if (pair := counterpart(variable.path, state, library, "")) is None:
        raise ValueError("it has no counterpart to load")
    array = pair.array(_numpy(state[pair.name]))
    with np.errstate(over="ignore"):
        if not np.isfinite(array.astype("float32")).all():
            raise ValueError(f"{pair.name} holds NaN or infinity")
    if not fits(array.shape, variable):
        shape = tuple(variable.shape)
        raise ValueError(f"{pair.name} has shape {array.shape}, not {shape}")
    return pair.name, array


def _numpy(values: Any) -> np.ndarray:
    if hasattr(values, "detach"):  # a PyTorch tensor of any dtype, on any device
        values = values.detach().float().cpu().numpy()
    return np.asarray(values)


def _untied(
    model: keras.Model, state: Mapping[str, Any], config: Mapping[str, Any]
) -> list[str]:
    """Return a fault if `lm_head` is biased or not the token embedding."""
    if not any(layer.name == "logits" for layer in model.layers):
        return []
    names = [name for name in state if LM_HEAD.fullmatch(name)]
    head = {name.rpartition(".")[2]: _numpy(state[name]) for name in names}
    if "weight" in head:
        tied = np.array_equal(head["weight"], _numpy(state["wte.weight"]))
    else:
        tied = config.get("tie_word_embeddings", True)
    if tied and not np.any(head.get("bias", 0)):
        return []
    rule = "but the weights have an untied or biased lm_head"
    return [f"its logits are products with wte.weight, {rule}"]
