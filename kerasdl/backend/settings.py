"""Settings of Keras that a machine or a script may have changed, and a run may not.

Keras reads them from `keras.json`, in `$KERAS_HOME` or `~/.keras`, and from variables of
the environment; its `keras.config` changes them. Each changes what a run computes, or
ends it early. `keras.json` also names a backend; `kerasdl.backend.choose` does not ask it.
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
"""Name in `keras.config`, and its value in every run."""
VARIABLES = ("KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH", "KERAS_NNX_ENABLED")


def overruled() -> tuple[str, ...]:
    """Return a line for each setting of the machine that a run does not follow."""
    lines = [f"{name}={os.environ[name]}" for name in VARIABLES if _asks(name)]
    file = _file()
    for name, value in {**SETTINGS, "nnx_enabled": False}.items():
        if (theirs := _read(file).get(name, value)) != value:
            lines.append(f"{name}={theirs} in {file}")
    return tuple(
        f"{line} is not followed: a run depends on its config alone" for line in lines
    )


@contextlib.contextmanager
def importing() -> Iterator[None]:
    """Raise `BackendError` if what is imported within, Keras or a backend, refuses."""
    try:
        yield
    except Exception as fault:  # TensorFlow reads keras.json as well, and asserts
        said = " ".join(f"{type(fault).__name__} {fault}".split())
        what = f"Keras cannot be imported: {said}"
        raise BackendError(what, f"fix {_file()} or the installed packages") from fault


def forget_variables() -> None:
    """Let Keras, which TensorFlow imports as well, find none of the variables."""
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
    """Check that a script has left the settings as they are in a run.

    Raises:
        BackendError: With the setting, and how to set it.
    """
    config = importlib.import_module("keras").config
    for name, value in SETTINGS.items():
        if (theirs := getattr(config, name)()) != value:
            what = f"keras.config.{name}() is {theirs!r}, and in a run {value!r}"
            raise BackendError(what, f"call keras.config.set_{name}({value!r}) first")
    if config.is_nnx_enabled():
        what = "Keras runs with NNX, which a run does without"
        raise BackendError(what, "set KERAS_NNX_ENABLED=false before importing Keras")


def _asks(variable: str) -> bool:
    return os.environ.get(variable, "false").lower() not in ("", "0", "false")


def _file() -> Path:
    """Return where Keras looks for `keras.json`."""
    if "KERAS_HOME" in os.environ:
        return Path(os.environ["KERAS_HOME"], "keras.json").expanduser()
    home = os.path.expanduser("~")  # noqa: PTH111  unlike Path.home, never raises
    if not os.access(home, os.W_OK):
        home = "/tmp"
    return Path(home, ".keras", "keras.json")


def _read(file: Path) -> dict[str, Any]:
    """Return the settings in a file, none if it cannot be read: `pin` shows why."""
    try:
        settings = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return settings if isinstance(settings, dict) else {}
