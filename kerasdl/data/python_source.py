"""Source code of Python's standard library, for character language modelling."""

import hashlib

from kerasdl.data import standard_library
from kerasdl.data.texts import Texts

CHARACTERS = 1_500_000
"""Total characters: enough to train on within minutes on two cores."""
MAX_FILE_CHARACTERS = 60_000
"""Maximum characters per file; a longer file would dominate its split."""


def load_python_source() -> Texts:
    """Return files of the standard library, one document each.

    Files are taken in the order of the SHA-256 of their paths until there are
    `CHARACTERS`. This shuffle stays the same when another Python version adds a file.

    Raises:
        DataError: If this Python has no source of its standard library.
    """
    taken, total = [], 0
    modules = standard_library.modules()
    for path in sorted(
        modules, key=lambda path: hashlib.sha256(path.encode()).digest()
    ):
        text = modules[path]
        if 0 < len(text) <= MAX_FILE_CHARACTERS and total + len(text) <= CHARACTERS:
            taken.append(text)
            total += len(text)
    return Texts("python-source", tuple(taken))
