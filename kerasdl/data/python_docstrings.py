"""Docstrings of Python's standard library, each labelled by where it comes from."""

import ast
import warnings
from collections import Counter
from collections.abc import Iterator

from kerasdl.data import standard_library
from kerasdl.data.texts import Texts

CLASSES = 10
"""Modules or packages, those with the most docstrings."""
SHORTEST = 30
"""Characters; what is shorter tells too little."""

DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def load_python_docstrings() -> Texts:
    """Return docstrings, labelled by the top-level module or package they are from.

    They are cleaned as `inspect.cleandoc` does. Of those that are the same, wherever
    they stand, the first is kept, so that none is in two splits.

    Raises:
        DataError: If this Python came without its source.
    """
    labels: dict[str, str] = {}
    for path, text in standard_library.modules().items():
        place = path.split("/")[0].removesuffix(".py")
        for docstring in _docstrings(text):
            if len(docstring) >= SHORTEST:
                labels.setdefault(docstring, place)
    counts = Counter(labels.values())
    largest = sorted(counts, key=lambda place: (-counts[place], place))[:CLASSES]
    kept = {text: place for text, place in labels.items() if place in largest}
    return Texts("python-docstrings", tuple(kept), tuple(kept.values()))


def _docstrings(source: str) -> Iterator[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes are not ours to fix
            nodes: list[ast.AST] = [ast.parse(source)]
    except SyntaxError:
        return
    while nodes:
        node = nodes.pop()
        if isinstance(node, DOCUMENTED) and (text := ast.get_docstring(node)):
            yield text
        inner = ast.iter_child_nodes(node)
        nodes += [n for n in inner if isinstance(n, ast.stmt | ast.excepthandler)]
