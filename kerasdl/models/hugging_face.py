"""Loading of weights from PyTorch models of Hugging Face's `transformers`."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np

from kerasdl.models.families.bert import HUGGING_FACE as BERT
from kerasdl.models.families.gpt import HUGGING_FACE as GPT
from kerasdl.models.families.resnet import HUGGING_FACE as RESNET
from kerasdl.models.families.vit import HUGGING_FACE as VIT
from kerasdl.models.hugging_face_config import faults as config_faults

Names = Mapping[str, str | tuple[str, ...]]

NAMES: dict[str, Names] = {"bert": BERT, "gpt": GPT, "resnet": RESNET, "vit": VIT}
"""By family, a pattern of layer or variable paths to one or more `transformers` names.

Captured groups fill the braces of a name, with numbers reduced by one. `[1]` after a
name selects the second third of the last axis."""
INPUTS_FIRST = ("gpt",)
"""Families whose dense kernels have inputs first, as in Keras; others have outputs."""
MAX_FAULTS_SHOWN = 4
"""How many faults a message lists; the rest are counted."""
PYTORCH_NAMES = {
    "kernel": "weight",
    "bias": "bias",
    "embeddings": "weight",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}
"""Keras's name of a layer's variable to PyTorch's name."""
IGNORED = re.compile(
    r".*\.(position_ids|token_type_ids|num_batches_tracked|attn\.(masked_)?bias)"
    r"|(.*\.)?(lm_head|cls|classifier|pooler)\..*"
)
"""Names of buffers, and of last layers that the model may lack."""
LM_HEAD = re.compile(r"(.*\.)?lm_head\.(weight|bias)")
"""Names of the layer that computes a decoder's logits."""


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
    if family not in NAMES:
        raise ValueError(f"`family` (={family!r}) must be one of {tuple(NAMES)}")
    arrays, faults, used = [], [], set()
    for variable in model.weights:
        try:
            name, array = _counterpart(variable, state, family)
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
        faults += config_faults(model, config, family)
    if prefix := _prefix(model, state, family) if faults else "":
        rule = f"pass the part {prefix.rstrip('.')!r} alone, without this prefix"
        faults = [f"all names begin with {prefix!r}: {rule}"]
    if faults:
        message = "; ".join(faults[:MAX_FAULTS_SHOWN])
        more = len(faults) - MAX_FAULTS_SHOWN
        message += f"; and {more} more" if more > 0 else ""
        raise ValueError(f"cannot load {model.name}: {message}")
    for variable, array in zip(model.weights, arrays, strict=True):
        variable.assign(array)


def _prefix(model: keras.Model, state: Mapping[str, Any], family: str) -> str:
    """Return the prefix of all names that the model needs, or an empty string."""
    needed = [list(_names(weight.path, NAMES[family])) for weight in model.weights]
    candidates = {
        key.removesuffix(name)
        for key in state
        for name, _ in needed[0]
        if key.endswith(f".{name}")
    }
    for prefix in candidates:
        if all(any(prefix + name in state for name, _ in names) for names in needed):
            return prefix
    return ""


def _counterpart(
    variable: keras.Variable, state: Mapping[str, Any], family: str
) -> tuple[str, np.ndarray]:
    """Return the name of a variable's counterpart, and its value in Keras's layout."""
    candidates = _names(variable.path, NAMES[family])
    match = next(((name, third) for name, third in candidates if name in state), None)
    if match is None:
        raise ValueError("it has no counterpart to load")
    name, third = match
    array = _numpy(state[name])
    if array.ndim == 4:
        array = array.transpose(2, 3, 1, 0)  # from (outputs, inputs, height, width)
    elif variable.path.endswith("kernel") and family not in INPUTS_FIRST:
        array = array.T
    if third:
        array = np.split(array, 3, axis=-1)[int(third)]
    with np.errstate(over="ignore"):
        if not np.isfinite(array.astype("float32")).all():
            raise ValueError(f"{name} holds NaN or infinity")
    squeezed = [[side for side in s if side > 1] for s in (array.shape, variable.shape)]
    if squeezed[0] != squeezed[1]:
        raise ValueError(f"{name} has shape {array.shape}, not {tuple(variable.shape)}")
    return name, array


def _numpy(values: Any) -> np.ndarray:
    if hasattr(values, "detach"):  # a PyTorch tensor of any dtype, on any device
        values = values.detach().float().cpu().numpy()
    return np.asarray(values)


def _names(path: str, names: Names) -> Iterator[tuple[str, str]]:
    """Yield possible names of a variable, each with the third to take, `""` for all."""
    layer, _, leaf = path.rpartition("/")
    for candidate, suffix in ((path, ""), (layer, f".{PYTORCH_NAMES.get(leaf, leaf)}")):
        for pattern, templates in names.items():
            if not (match := re.fullmatch(pattern, candidate)):
                continue
            captured = [
                str(int(part) - 1) if part.isdigit() else part
                for part in match.groups()
            ]
            for template in (templates,) if isinstance(templates, str) else templates:
                name, _, third = template.format(*captured).partition("[")
                yield name + suffix, third.removesuffix("]")


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
