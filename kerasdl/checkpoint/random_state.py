"""The generators outside of the model that a layer of somebody else may draw from."""

import random
from typing import Any

import keras
import numpy as np

from kerasdl import backend
from kerasdl.backend.keras_internals import (
    existing_global_seed_generator,
    flatten_layers,
    global_seed_generator,
    seed_generators,
)
from kerasdl.errors import ModelFileError

RANDOM, EPOCH = "random/", "epoch_random/"
PYTHON, NUMPY, KERAS, BACKEND = (
    f"{RANDOM}{name}" for name in ("python", "numpy", "keras", "backend")
)


def capture() -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Return the states as arrays, and what belongs to them as JSON."""
    version, words, gauss = random.getstate()
    numpy = np.random.get_state(legacy=False)
    arrays: dict[str, np.ndarray] = {
        PYTHON: np.array(words, "uint32"),
        NUMPY: np.array(numpy["state"]["key"], "uint32"),
    }
    details: dict[str, Any] = {
        "backend": keras.config.backend(),
        "python": {"version": version, "gauss": gauss},
        "numpy": {
            "pos": numpy["state"]["pos"],
            "has_gauss": numpy["has_gauss"],
            "gauss": numpy["gauss"],
        },
    }
    generator = existing_global_seed_generator()
    if generator is not None:
        arrays[KERAS] = np.array(keras.ops.convert_to_numpy(generator.state), "int64")
    for name, state in backend.current().random_states().items():
        arrays[f"{BACKEND}/{name}"] = state
    return arrays, details


def as_of_epoch(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return captured states under the names that they have as of an epoch's begin."""
    return {EPOCH + n.removeprefix(RANDOM): a for n, a in arrays.items()}


def of_epoch(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the states as of an epoch's begin, named as captured; none if there are none.

    It is what `as_of_epoch` named, among other arrays.
    """
    return {
        RANDOM + n.removeprefix(EPOCH): a
        for n, a in arrays.items()
        if n.startswith(EPOCH)
    }


def other_draws(model: keras.Model, details: dict[str, Any]) -> str:
    """Return which layers draw other numbers now than where the state is from, if any.

    Those of kerasdl draw the same everywhere.
    """
    former, now = details["backend"], keras.config.backend()
    drawing = [
        layer.name
        for layer in flatten_layers(model)
        if seed_generators(layer) and not type(layer).__module__.startswith("kerasdl.")
    ]
    if former == now or not drawing:
        return ""
    names = ", ".join(drawing)
    return f"moved from {former} to {now}, where {names} will draw other numbers"


def check(arrays: dict[str, np.ndarray], details: dict[str, Any]) -> None:
    """Check that generators could have been where the state says they were.

    Raises:
        ModelFileError: If not.
    """
    try:
        _restore_python(random.Random(), arrays, details["python"])
        _restore_numpy(np.random.RandomState(), arrays, details["numpy"])
        if KERAS in arrays and arrays[KERAS].shape != (2,):
            raise ValueError(f"{KERAS} has the shape {arrays[KERAS].shape}")
        if details["backend"] == keras.config.backend():
            for name, state in backend.current().random_states().items():
                kept = arrays.get(f"{BACKEND}/{name}", state)
                if (kept.shape, kept.dtype) != (state.shape, state.dtype):
                    raise ValueError(f"{BACKEND}/{name} is {kept.shape} {kept.dtype}")
    except (KeyError, TypeError, ValueError, OverflowError) as fault:
        said = " ".join(str(fault).split())
        what = f"the checkpoint holds no state of generators: {said}"
        hint = "restore it from a copy, or train again"
        raise ModelFileError(what, hint) from fault


def _restore_python(
    generator: Any, arrays: dict[str, np.ndarray], details: dict[str, Any]
) -> None:
    words = tuple(arrays[PYTHON].tolist())
    generator.setstate((details["version"], words, details["gauss"]))


def _restore_numpy(
    generator: Any, arrays: dict[str, np.ndarray], details: dict[str, Any]
) -> None:
    if not 0 <= details["pos"] <= arrays[NUMPY].size == 624:  # of the Mersenne twister
        raise ValueError(f"{NUMPY} is at {details['pos']} of {arrays[NUMPY].size}")
    key = {"key": arrays[NUMPY], "pos": details["pos"]}
    rest = {name: details[name] for name in ("has_gauss", "gauss")}
    generator.set_state({"bit_generator": "MT19937", "state": key, **rest})


def restore(arrays: dict[str, np.ndarray], details: dict[str, Any]) -> None:
    """Put the generators where they were; that of another backend stays as it is."""
    if KERAS in arrays:  # first, for making it draws from Python
        state = global_seed_generator().state
        state.assign(keras.ops.convert_to_tensor(arrays[KERAS], state.dtype))
    _restore_python(random, arrays, details["python"])
    _restore_numpy(np.random, arrays, details["numpy"])
    if details["backend"] == keras.config.backend():
        prefix = f"{BACKEND}/"
        own = {
            n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)
        }
        backend.current().set_random_states(own)
