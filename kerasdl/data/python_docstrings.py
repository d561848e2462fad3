"""Docstrings of Python's standard library, labelled by module."""

import ast
import warnings
from collections import Counter
from collections.abc import Iterator
from functools import cache

from kerasdl.data import standard_library
from kerasdl.data.texts import Texts

CLASSES = 10
"""Number of classes: the modules or packages with the most docstrings."""
MIN_CHARACTERS = 30
"""Minimum length of a docstring; shorter ones say too little."""

DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


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
        for docstring in _docstrings(text):
            if len(docstring) >= MIN_CHARACTERS:
                labels.setdefault(docstring, module)
    counts = Counter(labels.values())
    largest = sorted(counts, key=lambda module: (-counts[module], module))[:CLASSES]
    kept = {text: module for text, module in labels.items() if module in largest}
    return Texts("python-docstrings", tuple(kept), tuple(kept.values()))


def _docstrings(source: str) -> Iterator[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about invalid escapes in the library
            nodes: list[ast.AST] = [ast.parse(source)]
    except SyntaxError:
        return
    while nodes:
        node = nodes.pop()
        if isinstance(node, DOCUMENTED) and (text := ast.get_docstring(node)):
            yield text
        inner = ast.iter_child_nodes(node)
        nodes += [n for n in inner if isinstance(n, ast.stmt | ast.excepthandler)]
