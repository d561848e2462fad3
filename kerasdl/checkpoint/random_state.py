"""The random generators outside the model, which a third-party layer may use."""

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
    """Return the states of the generators, as arrays and as JSON values."""
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


def as_epoch_start(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Rename captured states as those at the start of the epoch."""
    return {EPOCH + n.removeprefix(RANDOM): a for n, a in arrays.items()}


def at_epoch_start(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the states at the start of the epoch under their captured names.

    This undoes `as_epoch_start`, and ignores other arrays. Returns {} if there are none.
    """
    return {
        RANDOM + n.removeprefix(EPOCH): a
        for n, a in arrays.items()
        if n.startswith(EPOCH)
    }


def backend_warning(model: keras.Model, details: dict[str, Any]) -> str:
    """Return a warning if the backend changed and layers depend on its generators.

    Layers of kerasdl draw the same numbers on every backend.
    """
    saved, current = details["backend"], keras.config.backend()
    drawing = [
        layer.name
        for layer in flatten_layers(model)
        if seed_generators(layer) and not type(layer).__module__.startswith("kerasdl.")
    ]
    if saved == current or not drawing:
        return ""
    names = ", ".join(drawing)
    return f"moved from {saved} to {current}: {names} will draw other random numbers"


def check(arrays: dict[str, np.ndarray], details: dict[str, Any]) -> None:
    """Check that the saved states of the generators are valid.

    Raises:
        ModelFileError: If one is not.
    """
    try:
        _restore_python(random.Random(), arrays, details["python"])
        _restore_numpy(np.random.RandomState(), arrays, details["numpy"])
        if KERAS in arrays and arrays[KERAS].shape != (2,):
            raise ValueError(f"{KERAS} has the shape {arrays[KERAS].shape}")
        if details["backend"] == keras.config.backend():
            for name, state in backend.current().random_states().items():
                saved = arrays.get(f"{BACKEND}/{name}", state)
                if (saved.shape, saved.dtype) != (state.shape, state.dtype):
                    raise ValueError(f"{BACKEND}/{name} is {saved.shape} {saved.dtype}")
    except (KeyError, TypeError, ValueError, OverflowError) as fault:
        reason = " ".join(str(fault).split())
        what = f"the random state of the checkpoint is invalid: {reason}"
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
    """Restore the generators; the state of another backend's generator is ignored."""
    if KERAS in arrays:  # first, since making it draws from Python's generator
        state = global_seed_generator().state
        state.assign(keras.ops.convert_to_tensor(arrays[KERAS], state.dtype))
    _restore_python(random, arrays, details["python"])
    _restore_numpy(np.random, arrays, details["numpy"])
    if details["backend"] == keras.config.backend():
        prefix = f"{BACKEND}/"
        states = {
            n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)
        }
        backend.current().set_random_states(states)
