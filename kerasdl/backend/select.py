"""Choose the backend before Keras is imported; it cannot change after that."""

import contextlib
import importlib
import os
import sys
from dataclasses import dataclass, replace
from importlib.machinery import PathFinder
from pathlib import Path

from kerasdl.backend import settings
from kerasdl.backend.without_notices import without_notices
from kerasdl.errors import BackendError

BACKENDS = ("jax", "torch", "tensorflow")
"""The supported backends, in the order of preference."""


@dataclass(frozen=True)
class Selection:
    """The chosen backend.

    Args:
        name: A member of `BACKENDS`.
        reason: Where the choice comes from.
        overruled: One line for each setting of the machine that runs ignore.
    """

    name: str
    reason: str
    overruled: tuple[str, ...] = ()


def installed() -> list[str]:
    """Return the backends that can be imported, in the order of preference."""
    # `importlib.util.find_spec` would be misled by what `select` blocks.
    return [name for name in BACKENDS if PathFinder.find_spec(name)]


def choose(name: str | None = None, trained_with: str | None = None) -> Selection:
    """Return the backend to use, without importing it.

    Args:
        name: The requested backend. By default, `KERAS_BACKEND` decides, else
            `trained_with`, else the first that is installed.
        trained_with: The backend that a run was trained with.

    Raises:
        BackendError: If the backend is unknown or not installed.
    """
    variable = os.environ.get("KERAS_BACKEND")
    if name:
        overruled = variable and variable != name
        reason = (
            f"--backend overrules KERAS_BACKEND={variable}"
            if overruled
            else "--backend"
        )
    elif variable:
        name, reason = variable, "KERAS_BACKEND"
    elif trained_with:
        name, reason = trained_with, "the run"
    elif available := installed():
        name, reason = available[0], "first installed"
    else:
        hint = 'pip install "kerasdl[jax]" (or torch, or tensorflow)'
        raise BackendError("no backend is installed", hint)
    if name not in BACKENDS:
        what = f"unknown backend {name!r} from {reason}"
        raise BackendError(what, f"choose from {', '.join(BACKENDS)}")
    if name not in installed():
        what = f"backend {name} is not installed"
        raise BackendError(what, f'pip install "kerasdl[{name}]"')
    return Selection(name, reason)


def select(name: str | None = None, trained_with: str | None = None) -> Selection:
    """Choose the backend, as `choose` does, and import Keras with it.

    Keras then has the settings of a run (`kerasdl.backend.settings`), whatever
    `keras.json` and the environment say. Float32 products are computed in float32.

    Raises:
        BackendError: If the backend is unknown or not installed, or if Keras already
            runs on another one or with other settings, or cannot be imported.
    """
    selection = choose(name, trained_with)
    if imported := "keras" in sys.modules:
        running = sys.modules["keras"].config.backend()
        if running != selection.name:
            what = f"Keras already runs on {running}, not {selection.name}"
            raise BackendError(what, "choose the backend before importing Keras")
        settings.check()
    else:
        selection = replace(selection, overruled=settings.overruled())
        settings.clear_variables()
    os.environ["KERAS_BACKEND"] = selection.name
    if selection.name == "jax":
        _enable_jax_compilation_cache()
    if selection.name == "tensorflow":
        with settings.importing():
            _import_tensorflow_quietly()
    elif "tensorflow" not in sys.modules:
        # Keras imports an installed TensorFlow to save a model on any backend. That
        # wastes seconds and hundreds of megabytes. None makes the import fail.
        sys.modules["tensorflow"] = None  # pyright: ignore[reportArgumentType]
    if not imported:
        with settings.importing():
            settings.pin()
    importlib.import_module(f"kerasdl.backend.{selection.name}").keep_float32()
    return selection


def _enable_jax_compilation_cache() -> None:
    """Let JAX cache compiled code in the user's cache, unless configured otherwise."""
    home = os.environ.get("XDG_CACHE_HOME")
    with contextlib.suppress(RuntimeError):  # no home directory: no cache
        cache = Path(home or Path.home() / ".cache", "kerasdl", "jax")
        os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(cache))
    # Reading is faster than compiling if compiling takes about 0.1 s or more.
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")


def _import_tensorflow_quietly() -> None:
    """Import TensorFlow without its start-up notices, which no setting turns off."""
    # Below "3" it reports a missing GPU as an error; failures raise exceptions anyway.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with without_notices():
        importlib.import_module("tensorflow")
