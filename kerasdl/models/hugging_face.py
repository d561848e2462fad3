"""Weights from models of Hugging Face's `transformers` in PyTorch."""

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
"""By family, a pattern for our layer or variable to its name there, or several names.

What a pattern captures is filled in, numbers less one. `[1]` behind a name stands for the
second third of the last axis."""
AS_OURS = ("gpt",)
"""Families whose dense kernels lie as ours do; others have outputs first."""
MOST_FAULTS = 4
"""How many faults are told; the others are counted."""
LEAVES = {
    "kernel": "weight",
    "bias": "bias",
    "embeddings": "weight",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}
"""What Keras calls a variable of a layer to what PyTorch calls it."""
WITHOUT_PLACE = re.compile(
    r".*\.(position_ids|token_type_ids|num_batches_tracked|attn\.(masked_)?bias)"
    r"|(.*\.)?(lm_head|cls|classifier|pooler)\..*"
)
"""What is no weight, or belongs to a last layer that the model may not have."""
HEAD = re.compile(r"(.*\.)?lm_head\.(weight|bias)")
"""What makes logits of a decoder's last vectors."""


def load_hugging_face(
    model: keras.Model, state: Mapping[str, Any], family: str, config: Any = None
) -> None:
    """Give a model the weights of its counterpart in `transformers`.

    Everything is checked before the first variable changes::

        reference = transformers.BertModel(config)
        load_hugging_face(model, reference.state_dict(), "bert", config)

    The same weights compute another function with another config: another epsilon,
    number of heads, activation, scale of attention, place of the stride, size of the
    image, padding token or kind of model. None of these shows in weights, so give the
    config; without it, the model must have been built to match. Shares of dropout may
    differ, for they matter in training alone.

    Args:
        model: The model.
        state: Name to array or PyTorch tensor, as `state_dict()` returns them; names
            of buffers and of last layers that the model has not are passed over.
        family: `"bert"` for `BertModel`, `"gpt"` for `GPT2Model`, `"resnet"` for
            `ResNetForImageClassification` or `"vit"` for `ViTForImageClassification`.
        config: The config that belongs to the weights: the model's `config`, or what
            `config.json` holds.

    Raises:
        ValueError: If there is no such family, a variable has no counterpart, or one of
            another shape or that is not finite, if weights are left over, if logits are
            no product with the token embedding (`lm_head`), or if the model computes
            something else than the config says.
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
    left = [n for n in state if n not in used and not WITHOUT_PLACE.fullmatch(n)]
    if left and not faults:
        faults.append(f"{len(left)} weights have no place in it, such as {left[0]}")
    if not faults:
        if not isinstance(config, Mapping):
            config = {} if config is None else config.to_dict()
        faults += _untied(model, state, config)
        faults += config_faults(model, config, family)
    if prefix := _prefix(model, state, family) if faults else "":
        base = f"those of its part {prefix.rstrip('.')!r}"
        faults = [f"all names begin with {prefix!r}, so give {base} alone, without it"]
    if faults:
        told = "; ".join(faults[:MOST_FAULTS])
        more = len(faults) - MOST_FAULTS
        told += f"; and {more} more" if more > 0 else ""
        raise ValueError(f"cannot load {model.name}: {told}")
    for variable, array in zip(model.weights, arrays, strict=True):
        variable.assign(array)


def _prefix(model: keras.Model, state: Mapping[str, Any], family: str) -> str:
    """Return what stands before all names that the model needs, or no text."""
    needed = [list(_names(weight.path, NAMES[family])) for weight in model.weights]
    candidates = {
        given.removesuffix(name)
        for given in state
        for name, _ in needed[0]
        if given.endswith(f".{name}")
    }
    for prefix in candidates:
        if all(any(prefix + name in state for name, _ in names) for names in needed):
            return prefix
    return ""


def _counterpart(
    variable: keras.Variable, state: Mapping[str, Any], family: str
) -> tuple[str, np.ndarray]:
    """Return what it is called there, and its value in our order of axes."""
    named = _names(variable.path, NAMES[family])
    found = next(((name, third) for name, third in named if name in state), None)
    if found is None:
        raise ValueError("it has no counterpart to load")
    name, third = found
    array = _numpy(state[name])
    if array.ndim == 4:
        array = array.transpose(2, 3, 1, 0)  # outputs, inputs, height, width
    elif variable.path.endswith("kernel") and family not in AS_OURS:
        array = array.T
    if third:
        array = np.split(array, 3, axis=-1)[int(third)]
    with np.errstate(over="ignore"):
        if not np.isfinite(array.astype("float32")).all():
            raise ValueError(f"{name} holds NaN or infinity")
    without_ones = [
        [side for side in s if side > 1] for s in (array.shape, variable.shape)
    ]
    if without_ones[0] != without_ones[1]:
        raise ValueError(f"{name} has shape {array.shape}, not {tuple(variable.shape)}")
    return name, array


def _numpy(values: Any) -> np.ndarray:
    if hasattr(values, "detach"):  # PyTorch's, of any dtype, on any device
        values = values.detach().float().cpu().numpy()
    return np.asarray(values)


def _names(path: str, names: Names) -> Iterator[tuple[str, str]]:
    """Yield what a variable may be called there, and which third of it is meant."""
    layer, _, leaf = path.rpartition("/")
    for candidate, suffix in ((path, ""), (layer, f".{LEAVES.get(leaf, leaf)}")):
        for pattern, given in names.items():
            if not (match := re.fullmatch(pattern, candidate)):
                continue
            captured = [
                str(int(part) - 1) if part.isdigit() else part
                for part in match.groups()
            ]
            for name in (given,) if isinstance(given, str) else given:
                whole, _, third = name.format(*captured).partition("[")
                yield whole + suffix, third.removesuffix("]")


def _untied(
    model: keras.Model, state: Mapping[str, Any], config: Mapping[str, Any]
) -> list[str]:
    """Return a phrase if the logits there are no product with the token embedding."""
    if not any(layer.name == "logits" for layer in model.layers):
        return []
    last = {n.rpartition(".")[2]: _numpy(state[n]) for n in state if HEAD.fullmatch(n)}
    if "weight" in last:
        tied = np.array_equal(last["weight"], _numpy(state["wte.weight"]))
    else:
        tied = config.get("tie_word_embeddings", True)
    if tied and not np.any(last.get("bias", 0)):
        return []
    return ["its logits are products with wte.weight, those of the weights are not"]
