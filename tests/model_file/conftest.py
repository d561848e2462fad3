"""What every test of a hostile file needs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.model_file.canary import Canary


@pytest.fixture
def canary(empty_folder: Path) -> Iterator[Canary]:
    watcher = Canary()
    yield watcher
    watcher.server.close()
