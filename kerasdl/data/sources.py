"""Where data comes from, by name."""

from pathlib import Path

from kerasdl.config.check import suggestion
from kerasdl.data.arrays import Arrays
from kerasdl.data.builtin import load_builtin
from kerasdl.data.npz import load_npz
from kerasdl.data.plain_text import load_txt
from kerasdl.data.python_docstrings import load_python_docstrings
from kerasdl.data.python_source import load_python_source
from kerasdl.data.texts import Texts
from kerasdl.errors import DataError

BUILTIN = {
    "digits": "classification",
    "iris": "classification",
    "wine": "classification",
    "breast-cancer": "classification",
    "diabetes": "regression",
}
"""Sets of numbers that come with scikit-learn, with their task; all may be
reconstructed."""

TEXTS = {"python-source": "language-modelling", "python-docstrings": "classification"}
"""Sets of texts that come with Python, with their task."""

KERAS_DATASETS = ("mnist", "fashion-mnist", "cifar10", "cifar100")
"""Sets that `keras.datasets` downloads on first use; loaded where Keras may be. All
are for classification, and may be reconstructed."""

FILES = {
    ".npz": ("classification", "regression", "reconstruction"),
    ".txt": ("language-modelling",),
}
"""Kinds of files, with what they are for."""


def is_file(name: str) -> bool:
    """Return whether a source is a file of the user's own."""
    return name.endswith(tuple(FILES))


def check_source(name: str, task: str) -> None:
    """Check what can be known of a source before anything heavy is loaded.

    Raises:
        DataError: If there is no such set or file, or it is for another task.
    """
    if is_file(name):
        _check_file(name, task)
        return
    if not name:
        raise DataError("this preset has no data of its own", "name yours with --data")
    numbers = BUILTIN | dict.fromkeys(KERAS_DATASETS, "classification")
    known = numbers | TEXTS
    if name not in known:
        hint = f"{suggestion(name, known)} or give the path of an .npz or .txt file"
        raise DataError(f"unknown data set {name!r}", hint)
    reconstructed = task == "reconstruction" and name in numbers
    if known[name] != task and not reconstructed:
        what = f"{name} is a {known[name]} set, data.task is {task!r}"
        raise DataError(what, f"use a {known[name]} preset, or other data")


def _check_file(name: str, task: str) -> None:
    suffix = Path(name).suffix or name
    try:
        found = Path(name).is_file()
    except OSError as fault:  # a folder may be closed to us, or the name too long
        what = f"cannot look for {name}: {fault.strerror}"
        raise DataError(what, "check the path and its permissions") from fault
    if not found:
        raise DataError(f"no file at {name}", f"give the path of a {suffix} file")
    if task not in FILES[suffix]:
        tasks = " or ".join(FILES[suffix])
        what = f"{name} is for {tasks}, data.task is {task!r}"
        raise DataError(what, "use another preset, or other data")


def load_arrays(name: str, task: str = "classification") -> Arrays:
    """Return the arrays of a built-in set or an `.npz` file that `check_source` knows."""
    if name in BUILTIN:
        return load_builtin(name)
    return load_npz(Path(name), targets=task != "reconstruction")


def load(name: str, task: str) -> Arrays | Texts:
    """Return what `check_source` knows, other than sets of `keras.datasets`.

    Raises:
        DataError: If it cannot be read.
        UnsafeError: If a file could run code, or claims more than it holds.
    """
    if name.endswith(".txt"):
        return load_txt(Path(name))
    match name:
        case "python-source":
            return load_python_source()
        case "python-docstrings":
            return load_python_docstrings()
    return load_arrays(name, task)
