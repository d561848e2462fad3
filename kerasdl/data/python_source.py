"""The source of Python's standard library, to be modelled character by character."""

import hashlib

from kerasdl.data import standard_library
from kerasdl.data.texts import Texts

CHARACTERS = 1_500_000
"""Taken in all: enough to learn from in minutes, on two cores."""
LONGEST = 60_000
"""Characters of a file; a longer one would be too much of the split it falls into."""


def load_python_source() -> Texts:
    """Return files of the standard library, one document each.

    Files come in the order of the SHA-256 of their paths, a shuffle that stays as it is
    when other versions of Python add a file, until there are `CHARACTERS`.

    Raises:
        DataError: If this Python came without its source.
    """
    taken, total = [], 0
    modules = standard_library.modules()
    for path in sorted(
        modules, key=lambda path: hashlib.sha256(path.encode()).digest()
    ):
        text = modules[path]
        if 0 < len(text) <= LONGEST and total + len(text) <= CHARACTERS:
            taken.append(text)
            total += len(text)
    return Texts("python-source", tuple(taken))
