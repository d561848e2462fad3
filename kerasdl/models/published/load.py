"""Load weights that others published into a model of a family."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import keras
import numpy as np

from kerasdl import registry
from kerasdl.errors import ModelFileError
from kerasdl.models.published.counterparts import (
    Counterpart,
    counterpart,
    fits,
    prefix_of,
)
from kerasdl.models.published.library import Library
from kerasdl.weight_files import StoredTensor

IGNORED = re.compile(
    r"(.*\.)?(position_ids|token_type_ids|num_batches_tracked|attn\.(masked_)?bias)"
)
"""Names of tensors that are no weights."""
OWN = Library(
    "kerasdl",
    {"(?P<path>.+)": "{path}"},
    inputs_first=True,
    channels_last=True,
    last=r"(head|logits|pooler)/.*",
)
"""Our own names, the paths of variables."""
MOST_SHOWN = 4
"""Faults in a message; the rest are counted."""


@dataclass(frozen=True)
class Loaded:
    """What became of published weights.

    Args:
        library: The library that named them.
        taken: How many variables they became.
        left: Names of tensors that a replaced last layer would have been.
        replaced: Paths of the variables of our own last layer, which stay as they are.
    """

    library: str
    taken: int
    left: Sequence[str]
    replaced: Sequence[str]


def load_published(
    model: keras.Model,
    tensors: Mapping[str, StoredTensor],
    family: str,
    source: str,
    replace_head: bool = False,
    is_other_task: bool = False,
) -> Loaded:
    """Load published weights, tensor by tensor, once all names and shapes are checked.

    Args:
        model: The model, whose variables are assigned.
        tensors: What was published, by name, as `weight_files.opened` yields it.
        family: Name of its family.
        source: Where the weights are from, for messages.
        replace_head: Whether the last layer may stay as it is, if another one was
            published, or none.
        is_other_task: Whether it stays in any case, since its outputs mean other things.

    Raises:
        ModelFileError: If a variable has no counterpart, or one of another shape, NaN or
            infinity, or if tensors are left over.
    """
    made = registry.find("families", family)
    found = [_matched(model, tensors, each) for each in (OWN, *made.published())]
    library, pairs = max(found, key=lambda each: len(each[1]))
    new = {
        _layer(each)
        for each in model.weights
        if replace_head
        and _layer(each) in made.last_layers
        and (is_other_task or not _fits(each, pairs, tensors))
    }
    replaced = [each.path for each in model.weights if _layer(each) in new]
    pairs = {path: pair for path, pair in pairs.items() if path not in replaced}
    names = {pair.name for pair in pairs.values()}
    left = [n for n in tensors if n not in names and not IGNORED.fullmatch(n)]
    of_last = [n for n in left if replace_head and re.fullmatch(library.last, n)]
    wanted = [each for each in model.weights if each.path not in replaced]
    faults = [
        *_missing(wanted, pairs),
        *_misshapen(wanted, pairs, tensors),
        *(
            f"{name[:80]}: not part of the model"
            for name in left
            if name not in of_last
        ),
    ]
    if faults:
        shown = in_one_line(sorted(faults, key=len))
        what = f"the weights of {source} do not fit model {family!r}: {shown}"
        hint = "give the model the sizes of the weights by --set model.…"
        raise ModelFileError(what, hint)
    for variable in wanted:
        pair = pairs[variable.path]
        array = pair.array(tensors[pair.name].read())
        with np.errstate(over="ignore"):
            array = array.astype("float32")
        if not np.isfinite(array).all():
            raise ModelFileError(
                f"{pair.name} of {source} holds NaN or infinity", "get it again"
            )
        variable.assign(array.reshape(variable.shape))
    return Loaded(library.name, len(wanted), of_last, replaced)


def in_one_line(faults: Sequence[str]) -> str:
    """Return the first faults, and how many more there are."""
    more = len(faults) - MOST_SHOWN
    shown = "; ".join(faults[:MOST_SHOWN])
    return shown + (f"; and {more:,} more" if more > 0 else "")


Pairs = dict[str, Counterpart]
"""Counterparts, by the path of the variable."""


def _matched(
    model: keras.Model, tensors: Mapping[str, StoredTensor], library: Library
) -> tuple[Library, Pairs]:
    prefix = prefix_of(model.weights, tensors, library)
    pairs = {
        each.path: counterpart(each, tensors, library, prefix) for each in model.weights
    }
    return library, {path: pair for path, pair in pairs.items() if pair is not None}


def _layer(variable: keras.Variable) -> str:
    return variable.path.partition("/")[0]


def _fits(
    variable: keras.Variable, pairs: Pairs, tensors: Mapping[str, StoredTensor]
) -> bool:
    pair = pairs.get(variable.path)
    return pair is not None and fits(pair.shape(tensors[pair.name].shape), variable)


def _missing(variables: Sequence[keras.Variable], pairs: Pairs) -> list[str]:
    return [f"{each.path}: missing" for each in variables if each.path not in pairs]


def _misshapen(
    variables: Sequence[keras.Variable],
    pairs: Pairs,
    tensors: Mapping[str, StoredTensor],
) -> list[str]:
    return [
        f"{pairs[each.path].name}: its shape {tensors[pairs[each.path].name].shape} does "
        f"not fit {each.path} of {tuple(each.shape)}"
        for each in variables
        if each.path in pairs and not _fits(each, pairs, tensors)
    ]
