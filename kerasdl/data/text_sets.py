"""Texts that ship with Python, or with packages that pip installs."""

from collections.abc import Callable

from kerasdl.data.pronunciations import load_pronunciations
from kerasdl.data.python_docstrings import load_python_docstrings
from kerasdl.data.python_names import load_python_names
from kerasdl.data.python_source import load_python_source
from kerasdl.data.texts import Texts

LOADERS: dict[str, Callable[[], Texts]] = {
    "python-source": load_python_source,
    "python-docstrings": load_python_docstrings,
    "python-names": load_python_names,
    "pronunciations": load_pronunciations,
}
TASKS = {
    "python-source": ("language-modelling",),
    "python-docstrings": ("classification", "masked-language-modelling"),
    "python-names": ("sequence-to-sequence",),
    "pronunciations": ("sequence-to-sequence",),
}
"""The tasks of each set."""
