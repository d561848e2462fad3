"""What functions of Python's standard library do, and how they are called."""

import ast
import re
from functools import cache

from kerasdl.data import standard_library
from kerasdl.data.texts import Texts

MIN_CHARACTERS = 15
"""Minimum length of a summary; shorter ones say too little."""
SPECIAL = re.compile(r"__\w+__")
"""Names that Python gives a meaning, such as `__init__`."""


@cache
def load_python_names() -> Texts:
    """Return summaries of functions, each with the words of the function's name.

    A summary is the first paragraph of a docstring. Of equal ones, only the first is
    kept, so that none is in two splits.

    Raises:
        DataError: If this Python has no source of its standard library.
    """
    names: dict[str, str] = {}
    for text in standard_library.modules().values():
        for node, docstring in standard_library.documented(text):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            summary = " ".join(docstring.split("\n\n")[0].split())
            words = " ".join(node.name.split("_")).strip()
            if (
                len(summary) >= MIN_CHARACTERS
                and words
                and not SPECIAL.match(node.name)
            ):
                names.setdefault(summary, words)
    return Texts("python-names", tuple(names), tuple(names.values()))
