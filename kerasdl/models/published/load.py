"""Load weights that others published into a model of a family."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import keras
import numpy as np

from kerasdl import registry
from kerasdl.backend.freed_memory import trim_memory
from kerasdl.errors import ModelFileError, UnfitWeightsError
from kerasdl.models.published.counterparts import (
    Counterpart,
    counterpart,
    fits,
    prefix_of,
)
from kerasdl.models.published.library import OWN, Library, dotted
from kerasdl.weight_files import StoredTensor

IGNORED = re.compile(
    r"(.*\.)?(position_ids|token_type_ids|num_batches_tracked|attn\.(masked_)?bias"
    r"|rotary_emb\.inv_freq)"
)
"""Names of tensors that are no weights."""
LARGE = 1 << 20
"""Bytes of an array whose memory is given back at once."""
MOST_SHOWN = 20
"""Rows of the table of an error; the rest are counted."""
WORDS = {"missing": "missing", "shape": "of another shape", "left over": "left over"}
"""The kinds of faults, in a sentence."""


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
    drops_head: bool = False,
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
        drops_head: Whether a last layer that the model lacks may be left.

    Raises:
        ModelFileError: If a tensor holds NaN or infinity.
        UnfitWeightsError: If a variable has no counterpart, or one of another shape, or
            if tensors are left over.
    """
    made = registry.find("families", family)
    tensors = _by_path(model, tensors)
    found = [_matched(model, tensors, each) for each in (OWN, *made.published())]
    library, tensors, pairs = max(found, key=lambda each: len(each[2]))
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
    may_leave = replace_head or drops_head
    of_last = [n for n in left if may_leave and re.fullmatch(library.last, n)]
    wanted = [each for each in model.weights if each.path not in replaced]
    named = {name for each in model.weights for name, _ in library.names(each.path)}
    tied = {name: library.tied[name] for name in library.tied.keys() - named}
    over = [name for name in left if name not in of_last and name not in tied]
    check_all_fit(
        [
            *(("missing", each.path, "") for each in wanted if each.path not in pairs),
            *(("shape", *each) for each in _misshapen(wanted, pairs, tensors)),
            *(("left over", name, "") for name in over),
        ],
        f"the weights of {source} do not fit model {family!r}",
    )
    _check_tied(tied, library.base, tensors, source)
    for variable in wanted:
        pair = pairs[variable.path]
        array = pair.array(tensors[pair.name].read())
        if array.dtype.kind != "f":
            what = f"{pair.name} of {source} holds {array.dtype} numbers"
            raise ModelFileError(what, "give weights of floating point")
        with np.errstate(over="ignore"):
            array = array.astype("float32", copy=False)
        if array.size and not np.isfinite([array.min(), array.max()]).all():
            raise ModelFileError(
                f"{pair.name} of {source} holds NaN or infinity", "get it again"
            )
        variable.assign(array.reshape(variable.shape))
        size = array.nbytes
        del array
        if size >= LARGE:
            trim_memory()
    return Loaded(library.name, len(wanted), of_last, replaced)


def check_all_fit(faults: Sequence[tuple[str, str, str]], what: str) -> None:
    """Raise an error with a table of what does not fit, if anything does not.

    Args:
        faults: For each tensor the kind of its fault, its name, and what there is to say.
        what: What the error is about.

    Raises:
        UnfitWeightsError: If there are faults. Its first line has one example.
    """
    if not faults:
        return
    ordered = sorted(faults, key=lambda fault: (len(fault[1]), fault))
    counts = Counter(kind for kind, _, _ in faults)
    told = ", ".join(f"{count:,} {WORDS[kind]}" for kind, count in counts.items())
    shown = [
        (kind, " ".join(name[:80].split()), detail)
        for kind, name, detail in ordered[:MOST_SHOWN]
    ]
    width = max(len(name) for _, name, _ in shown)
    rows = [f"{kind:<9}  {name:<{width}}  {why}".rstrip() for kind, name, why in shown]
    if (more := len(faults) - len(shown)) > 0:
        rows.append(f"and {more:,} more")
    hint = "give the model the sizes of the weights by --set model.…"
    raise UnfitWeightsError(f"{what}: {told}", hint, rows)


def _check_tied(
    tied: Mapping[str, str], base: str, tensors: Mapping[str, StoredTensor], source: str
) -> None:
    """Raise `ModelFileError` if a tensor differs from the one that it should equal."""
    for name, other in tied.items():
        others = (other, other.removeprefix(base))
        twin = next((each for each in others if each in tensors), None)
        if name not in tensors or twin is None:
            continue
        if not np.array_equal(tensors[name].read(), tensors[twin].read()):
            what = f"{name} of {source} differs from {twin}"
            raise ModelFileError(what, "the model of kerasdl has one for both")


def _by_path(
    model: keras.Model, tensors: Mapping[str, StoredTensor]
) -> Mapping[str, StoredTensor]:
    """Return tensors by the paths of our variables if Keras numbered them by layer."""
    paths: dict[str, str] = {}
    places: Counter[str] = Counter()
    for variable in model.weights:
        layer, _, _ = variable.path.rpartition("/")
        paths[f"{layer}.{places[layer]}"] = variable.path
        places[layer] += 1
    if paths.keys().isdisjoint(tensors):
        return tensors
    return {paths.get(name, name): tensor for name, tensor in tensors.items()}


Pairs = dict[str, Counterpart]
"""Counterparts, by the path of the variable."""


def _matched(
    model: keras.Model, tensors: Mapping[str, StoredTensor], library: Library
) -> tuple[Library, Mapping[str, StoredTensor], Pairs]:
    """Return a library, the tensors as it names them, and what variables are of them."""
    if library is not OWN:
        named = {dotted(name): tensor for name, tensor in tensors.items()}
        if len(named) < len(tensors):  # two names are one
            return library, tensors, {}
        tensors = named
    prefix = prefix_of(model.weights, tensors, library)
    pairs = {
        each.path: counterpart(each.path, tensors, library, prefix)
        for each in model.weights
    }
    known = {path: pair for path, pair in pairs.items() if pair is not None}
    return library, tensors, known


def _layer(variable: keras.Variable) -> str:
    return variable.path.partition("/")[0]


def _fits(
    variable: keras.Variable, pairs: Pairs, tensors: Mapping[str, StoredTensor]
) -> bool:
    pair = pairs.get(variable.path)
    return pair is not None and fits(pair.shape(tensors[pair.name].shape), variable)


def _misshapen(
    variables: Sequence[keras.Variable],
    pairs: Pairs,
    tensors: Mapping[str, StoredTensor],
) -> list[tuple[str, str]]:
    """Return the names of tensors of another shape, and what they do not fit."""
    return [
        (
            pair.name,
            f"{tensors[pair.name].shape}, not {tuple(each.shape)} of {each.path}",
        )
        for each in variables
        if (pair := pairs.get(each.path)) and not _fits(each, pairs, tensors)
    ]
