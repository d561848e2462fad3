"""A run that several modules look at."""

from subprocess import CompletedProcess

import pytest

from tests.cli.helpers import LONG, kerasdl, train


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, CompletedProcess]:
    """The path of a run, which is no markup, and what its command printed."""
    path = str(tmp_path_factory.mktemp("straight") / "a[" / "b]:x:")
    return path, kerasdl(*train(path, *LONG, baselines=True))


@pytest.fixture(scope="session")
def straight(trained: tuple[str, CompletedProcess]) -> str:
    """The run that nothing happened to."""
    path, done = trained
    assert done.returncode == 0
    return path
