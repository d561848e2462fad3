"""Temporary replacement of functions while a step is traced or recorded."""

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any
from unittest import mock


@contextlib.contextmanager
def replaced(replacements: Iterable[tuple[Any, str, Any]]) -> Iterator[None]:
    """Replace attributes of classes or modules by functions, inside the context."""
    with contextlib.ExitStack() as stack:
        for owner, name, function in replacements:
            stack.enter_context(mock.patch.object(owner, name, function))
        yield
