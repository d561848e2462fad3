"""Functions, replaced while a step is traced or recorded."""

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any
from unittest import mock


@contextlib.contextmanager
def replaced(replacements: Iterable[tuple[Any, str, Any]]) -> Iterator[None]:
    """Let each function stand in for what a class or module has under a name."""
    with contextlib.ExitStack() as stack:
        for place, name, function in replacements:
            stack.enter_context(mock.patch.object(place, name, function))
        yield
