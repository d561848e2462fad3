"""Our weights under the names and in the layout of another library."""

import re
from typing import Any

import keras
import numpy as np

from kerasdl.backend.keras_internals import flatten_layers
from kerasdl.errors import ConfigError
from kerasdl.models.published.library import OWN, STATISTICS, Library

COUNTED = "num_batches_tracked"
"""A buffer of PyTorch's batch normalisation, which counts batches of its training."""


def library_of(name: str, table: Any, model: keras.Model) -> Library:
    """Return the library of a name that has one for each weight of a model.

    Of several that fit, it is the last.

    Args:
        name: Its name.
        table: The `[model]` table of the model.
        model: The model.

    Raises:
        ConfigError: If there is none, or it has no such model.
    """
    libraries = table.published()
    known = {each.name: each for each in (OWN, *libraries)}
    if name not in known:
        what = f"--names {name!r} has no weights of model {model.name!r}"
        raise ConfigError(what, f"choose from {', '.join(known)}")
    fitting = [
        each
        for each in (OWN, *libraries)
        if each.name == name and _distinct(_names(model, each))
    ]
    if not fitting:
        named = _names(model, known[name])
        without = [path for path, found in named.items() if found is None]
        what = f"{name} has no name for {without[0] if without else 'all weights'}"
        raise ConfigError(what, "write the weights by --names kerasdl")
    missing = [lacking(each, table) for each in fitting]
    if {} not in missing:
        [(key, own), *_] = min(missing, key=len).items()
        shown = key.replace("_", " ")
        what = f"{name} has no model {table.name!r} with {shown} {own!r}"
        raise ConfigError(what, "write the weights by --names kerasdl")
    return [each for each, other in zip(fitting, missing, strict=True) if not other][-1]


def lacking(library: Library, table: Any) -> dict[str, Any]:
    """Return the keys of a model whose values a library does not have."""
    return {
        key: getattr(table, key)
        for key, values in library.holds.items()
        if getattr(table, key) not in values
    }


def published_arrays(
    model: keras.Model, library: Library, is_whole: bool
) -> dict[str, np.ndarray]:
    """Return the weights by the names of a library, float32, which is its layout.

    Args:
        model: The model.
        library: The library, as `library_of` returns it.
        is_whole: Whether names begin with what a model with a last layer has.
    """
    depthwise = {
        f"{part.path}/kernel"
        for part in flatten_layers(model)
        if isinstance(part, keras.layers.DepthwiseConv2D)
    }
    found: dict[str, np.ndarray] = {}
    parts: dict[str, dict[str, np.ndarray]] = {}
    for variable in model.weights:
        name, third = next(library.names(variable.path))
        if not is_whole:
            name = name.removeprefix(library.base)
        array = keras.ops.convert_to_numpy(keras.ops.cast(variable, "float32"))
        if third:
            parts.setdefault(name, {})[third] = array
            continue
        if variable.path in depthwise and not library.channels_last:
            array = array.transpose(0, 1, 3, 2)
        found[name] = _turned(array, library, variable.path)
    for name, thirds in parts.items():
        whole = np.concatenate([thirds[third] for third in sorted(thirds)], axis=-1)
        is_kernel = whole.ndim > 1
        found[name] = whole.T if is_kernel and not library.inputs_first else whole
    if library.counts_batches:
        means = [name for name in found if name.endswith(".running_mean")]
        for name in means:
            counted = name.replace("running_mean", COUNTED)
            found[counted] = np.zeros((), "int64")
    if library.is_tree:
        found = {_path(name): array for name, array in found.items()}
    return {name: np.array(array, order="C") for name, array in found.items()}


def _path(name: str) -> str:
    """Return the path in a tree of Flax."""
    is_statistic = name.rpartition(".")[2] in STATISTICS
    collection = "batch_stats" if is_statistic else "params"
    return f"{collection}/{name.replace('.', '/')}"


def _names(model: keras.Model, library: Library) -> dict[str, tuple[str, str] | None]:
    return {each.path: next(library.names(each.path), None) for each in model.weights}


def _distinct(names: dict[str, tuple[str, str] | None]) -> bool:
    found = [*names.values()]
    return None not in found and len({*found}) == len(found)


def _turned(array: np.ndarray, library: Library, path: str) -> np.ndarray:
    """Return an array in the layout of a library."""
    if array.ndim == 4 and not library.channels_last:
        array = array.transpose(3, 2, 0, 1)
    elif path.endswith("kernel") and not library.inputs_first:
        array = array.T
    for pattern, (before, after) in library.axes.items():
        if re.fullmatch(pattern, path):
            array = array.reshape((1,) * before + array.shape + (1,) * after)
    return array
