"""Modules that are copied into exported folders."""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

STANDALONE = Path(__file__).parents[2] / "kerasdl" / "exports" / "standalone"


MODULES = ("inputs", "answers", "columns")


@pytest.fixture
def standalone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., ModuleType]]:
    """Return a function that imports a module of a folder, as `run.py` does."""

    def imported(folder: str, module: str) -> ModuleType:
        monkeypatch.syspath_prepend(str(STANDALONE / folder))
        return importlib.import_module(module)

    yield imported
    for name in MODULES:
        sys.modules.pop(name, None)
