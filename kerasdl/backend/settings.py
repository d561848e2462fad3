"""Keras settings that a machine or a script may change, and that runs fix.

Keras reads them from `keras.json`, in `$KERAS_HOME` or `~/.keras`, and from environment
variables. `keras.config` changes them. Each changes what a run computes, or ends it
early. `keras.json` also names a backend, which `kerasdl.backend.choose` ignores.
"""

import contextlib
import importlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kerasdl.errors import BackendError

SETTINGS: dict[str, Any] = {
    "floatx": "float32",
    "epsilon": 1e-7,
    "image_data_format": "channels_last",
    "max_epochs": None,
    "max_steps_per_epoch": None,
}
"""Names in `keras.config`, with their values in every run."""
VARIABLES = ("KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH", "KERAS_NNX_ENABLED")


def overruled() -> tuple[str, ...]:
    """Return one line for each setting of the machine that runs ignore."""
    lines = [f"{name}={os.environ[name]}" for name in VARIABLES if _is_set(name)]
    file = _keras_json()
    for name, value in {**SETTINGS, "nnx_enabled": False}.items():
        if (actual := _read_settings(file).get(name, value)) != value:
            lines.append(f"{name}={actual} in {file}")
    return tuple(
        f"{line} is ignored: a run depends only on its config" for line in lines
    )


@contextlib.contextmanager
def importing() -> Iterator[None]:
    """Raise `BackendError` if Keras or a backend cannot be imported in the context."""
    try:
        yield
    except Exception as fault:  # TensorFlow also reads keras.json, and asserts
        error = " ".join(f"{type(fault).__name__} {fault}".split())
        what = f"Keras cannot be imported: {error}"
        hint = f"fix {_keras_json()} or the installed packages"
        raise BackendError(what, hint) from fault


def clear_variables() -> None:
    """Hide the variables from Keras, which TensorFlow also imports."""
    for name in VARIABLES:
        os.environ.pop(name, None)
    os.environ["KERAS_NNX_ENABLED"] = "false"  # unset, keras.json would decide


def pin() -> None:
    """Import Keras with the settings of a run."""
    config = importlib.import_module("keras").config
    for name, value in SETTINGS.items():
        getattr(config, f"set_{name}")(value)
    config.set_dtype_policy(SETTINGS["floatx"])


def check() -> None:
    """Check that the settings are those of a run.

    Raises:
        BackendError: If one differs, with its name and how to set it.
    """
    config = importlib.import_module("keras").config
    for name, value in SETTINGS.items():
        if (actual := getattr(config, name)()) != value:
            what = f"keras.config.{name}() is {actual!r}, but a run needs {value!r}"
            raise BackendError(what, f"call keras.config.set_{name}({value!r}) first")
    if config.is_nnx_enabled():
        what = "Keras runs with NNX, which a run does not use"
        raise BackendError(what, "set KERAS_NNX_ENABLED=false before importing Keras")


def _is_set(variable: str) -> bool:
    return os.environ.get(variable, "false").lower() not in ("", "0", "false")


def _keras_json() -> Path:
    """Return the path where Keras looks for `keras.json`."""
    if "KERAS_HOME" in os.environ:
        return Path(os.environ["KERAS_HOME"], "keras.json").expanduser()
    home = os.path.expanduser("~")  # noqa: PTH111  unlike Path.home, never raises
    if not os.access(home, os.W_OK):
        home = "/tmp"
    return Path(home, ".keras", "keras.json")


def _read_settings(file: Path) -> dict[str, Any]:
    """Return the settings in a file, or none if it cannot be read: `pin` says why."""
    try:
        settings = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return settings if isinstance(settings, dict) else {}
