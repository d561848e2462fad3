"""What many tests of runs share."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from kerasdl import registry
from kerasdl.rundir import RunDir

TOYKIT = Path(__file__).parents[1] / "toykit"


@pytest.fixture(scope="session")
def run_of_five_epochs(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[RunDir, dict]:
    """The `mlp` preset; a test that changes the folder takes `copied_run`."""
    from tests.jobs.helpers import (
        trained,
    )  # it imports Keras, for which it is too early

    with contextlib.chdir(tmp_path_factory.mktemp("five_epochs")):
        run, result = trained("mlp", "training.epochs=5", report=True, baselines=True)
        return RunDir(run.path.resolve()), result


@pytest.fixture
def copied_run(run_of_five_epochs: tuple[RunDir, dict], tmp_path: Path) -> RunDir:
    """A copy of the run of five epochs."""
    run, _ = run_of_five_epochs
    return RunDir(shutil.copytree(run.path, tmp_path / "runs" / "copied"))


@pytest.fixture
def toykit(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Install the package `toykit`, for a test."""
    monkeypatch.syspath_prepend(str(TOYKIT))
    registry._installed.cache_clear()
    yield
    registry._installed.cache_clear()
