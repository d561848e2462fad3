"""The variables of a compiled model, under backend-independent names and dtypes."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from functools import cache
from importlib import metadata
from typing import Any

import keras
import numpy as np

from kerasdl import backend
from kerasdl.backend.keras_internals import flatten_layers, seed_generators
from kerasdl.backend.optimizer_chain import optimizer_chain
from kerasdl.checkpoint.snapshot import Snapshot
from kerasdl.errors import ModelFileError

INTEGERS = "int64"
"""The stored dtype of all integers, whose dtypes differ between backends."""


def variables(model: keras.Model) -> dict[str, keras.Variable]:
    """Return all variables that training changes, by name.

    Names begin with `weights/`, `seeds/`, `optimizer/` or `metrics/`. Builds the
    optimizer if necessary.
    """
    optimizer = model.optimizer
    if not optimizer.built:
        optimizer.build(model.trainable_variables)
    groups = {
        "weights": [(weight.path, weight) for weight in model.weights],
        "seeds": seeds(model),
        # Without the name of the class, which Keras numbers in each process.
        "optimizer": [(v.path.partition("/")[2], v) for v in optimizer.variables],
        "metrics": [(v.path, v) for v in model.metrics_variables],
    }
    return {
        f"{group}/{name}": variable
        for group, named in groups.items()
        for name, variable in _unique(named).items()
    }


def seeds(model: keras.Model) -> list[tuple[str, keras.Variable]]:
    """Return the states of all seed generators, with the names of their layers."""
    return [
        (layer.path or layer.name, generator.state)
        for layer in flatten_layers(model)
        for generator in seed_generators(layer)
    ]


def _unique(named: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Number names that occur more than once."""
    unique: dict[str, Any] = {}
    seen: Counter[str] = Counter()
    for name, value in named:
        unique[f"{name}#{seen[name]}" if seen[name] else name] = value
        seen[name] += 1
    return unique


def capture(model: keras.Model) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Return copies of the variables, with dtypes and optimizer as JSON values."""
    named = variables(model)
    arrays = {name: _portable(variable) for name, variable in named.items()}
    dtypes = {name: _kind(variable) for name, variable in named.items()}
    return arrays, {"dtypes": dtypes, "optimizer": optimizer_name(model)}


def not_finite(model: keras.Model, arrays: dict[str, np.ndarray]) -> str | None:
    """Return the name of the first captured weight that is not finite, or None.

    A non-trainable weight may be infinite, as in a mask, but not NaN.
    """
    weights = {n: a for n, a in arrays.items() if n.startswith("weights/")}
    odd = [name for name, array in weights.items() if not np.isfinite(array).all()]
    if not odd:
        return None
    trainable, named = (
        {id(weight) for weight in model.trainable_weights},
        variables(model),
    )
    lost = (n for n in odd if id(named[n]) in trainable or np.isnan(weights[n]).any())
    return next(lost, None)


def check(model: keras.Model, snapshot: Snapshot) -> None:
    """Check that the snapshot matches every variable of the model.

    Raises:
        ModelFileError: For the first tensor that does not match.
    """
    hint = "resume with the model and optimizer that it was saved with"
    saved, current = snapshot.details["optimizer"], optimizer_name(model)
    if saved != current:
        what = f"the checkpoint has the optimizer {saved}, the model has {current}"
        raise ModelFileError(what, hint)
    named = {n: v for n, v in variables(model).items() if not is_metric(n)}
    stored = {
        n: dtype for n, dtype in snapshot.details["dtypes"].items() if not is_metric(n)
    }
    for name, variable in variables(model).items():
        array = snapshot.arrays.get(name)
        if (
            is_metric(name)
            and array is not None
            and array.shape != tuple(variable.shape)
        ):
            what = f"{name} is {array.shape} in the checkpoint, not {variable.shape}"
            raise ModelFileError(what, hint)
    for name in [*named, *stored]:
        if name not in stored or name not in snapshot.arrays:
            raise ModelFileError(f"the checkpoint has no {name}", hint)
        if name not in named:
            raise ModelFileError(f"the model has no {name}", hint)
        shapes = snapshot.arrays[name].shape, tuple(named[name].shape)
        dtypes = stored[name], _kind(named[name])
        for saved, current in (shapes, dtypes):
            if saved != current:
                what = f"{name} is {saved} in the checkpoint and {current} in the model"
                raise ModelFileError(what, hint)


def restore(model: keras.Model, snapshot: Snapshot) -> None:
    """Restore the model from a snapshot that has been checked.

    Metrics that the model has not built yet stay unchanged.
    """
    for name, variable in variables(model).items():
        if name in snapshot.arrays:
            dtype = keras.backend.standardize_dtype(variable.dtype)
            array = snapshot.arrays[name]
            variable.assign(keras.ops.convert_to_tensor(array, dtype))


def restore_frozen(model: keras.Model, snapshot: Snapshot) -> None:
    """Restore the weights that are not trained, before `check` has seen the others.

    Args:
        model: The model, not compiled yet.
        snapshot: A snapshot; what does not fit is left to `check`.
    """
    trained = {id(variable) for variable in model.trainable_variables}
    named = _unique([(weight.path, weight) for weight in model.weights])
    for name, variable in named.items():
        array = snapshot.arrays.get(f"weights/{name}")
        fits = array is not None and array.shape == tuple(variable.shape)
        if fits and id(variable) not in trained:
            variable.assign(array)


def about(model: keras.Model) -> dict[str, str]:
    """Return the versions, the backend, and a digest of weight paths and shapes."""
    lines = [f"{w.path} {tuple(w.shape)} {w.dtype}" for w in model.weights]
    return {
        "kerasdl": _version(),
        "keras": keras.__version__,
        "backend": keras.config.backend(),
        "architecture": hashlib.sha256("\n".join(lines).encode()).hexdigest(),
    }


@cache
def _version() -> str:
    return metadata.version("kerasdl")  # which reads files


def is_metric(name: str) -> bool:
    """Return whether a name is that of a metric variable."""
    return name.startswith("metrics/")


def _portable(variable: keras.Variable) -> np.ndarray:
    kind = _kind(variable)
    array = backend.current().to_numpy(variable)
    dtype = {"integer": INTEGERS, "bfloat16": "float32"}.get(kind, kind)
    return np.array(array, dtype)  # a copy: the backend reuses the memory


def _kind(variable: keras.Variable) -> str:
    """Return the dtype of a variable, with all integers as "integer"."""
    dtype = keras.backend.standardize_dtype(variable.dtype)
    return "integer" if "int" in dtype else dtype


def optimizer_name(model: keras.Model) -> str:
    """Return the class names of the optimizer and of those it wraps."""
    chain = optimizer_chain(model.optimizer)
    return " of ".join(type(part).__name__ for part in chain)
