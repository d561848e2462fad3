"""Docstrings of Python's standard library, labelled by module."""

from collections import Counter
from functools import cache

from kerasdl.data import standard_library
from kerasdl.data.texts import Texts

CLASSES = 10
"""Number of classes: the modules or packages with the most docstrings."""
MIN_CHARACTERS = 30
"""Minimum length of a docstring; shorter ones say too little."""


@cache
def load_python_docstrings() -> Texts:
    """Return docstrings, labelled by their top-level module or package.

    Docstrings are cleaned as by `inspect.cleandoc`. Of duplicates, only the first is
    kept, so that no docstring is in two splits.

    Raises:
        DataError: If this Python has no source of its standard library.
    """
    labels: dict[str, str] = {}
    for path, text in standard_library.modules().items():
        module = path.split("/")[0].removesuffix(".py")
        for _, docstring in standard_library.documented(text):
            if len(docstring) >= MIN_CHARACTERS:
                labels.setdefault(docstring, module)
    counts = Counter(labels.values())
    largest = sorted(counts, key=lambda module: (-counts[module], module))[:CLASSES]
    kept = {text: module for text, module in labels.items() if module in largest}
    return Texts("python-docstrings", tuple(kept), tuple(kept.values()))
