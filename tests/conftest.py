"""The backend matrix: tests without Keras run once, the others once per backend.

A backend is a process, so plain `pytest` runs what needs no Keras and beside it starts
itself once more for each installed backend; `pytest --backend torch` runs one backend.
"""

import gc
import os
import re
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from kerasdl.backend import BACKENDS, installed, select

TESTS = Path(__file__).parent
NEEDS_KERAS = (
    "backend",
    "benchmarks",
    "callbacks",
    "checkpoint/test_state.py",
    "initializers",
    "jobs",
    "layers",
    "losses",
    "models",
    "optimizers",
    "schedules",
    "test_examples.py",
)
"""What runs once per backend; the rest runs once, and imports no Keras.

A file named `test_torch.py` or `test_torch_graph.py` runs with PyTorch alone, and so on.
"""
NEEDS_TWO = "cli/test_parity_of_two.py"
"""What compares backends; with one installed there is nothing to compare."""
RESULTS = pytest.StashKey[list[str]]()
"""A line for each backend that ran."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--backend", choices=BACKENDS, help="run the tests of one backend")


def pytest_configure(config: pytest.Config) -> None:
    if backend := config.getoption("--backend"):
        os.environ["KERAS_BACKEND"] = backend
        if backend != "torch" and "torch" in installed():
            import torch  # noqa: F401  can crash when imported after the others
        select(backend)


def pytest_pycollect_makemodule(
    module_path: Path, parent: pytest.Collector
) -> pytest.Module | None:
    place = module_path.relative_to(TESTS)
    needs_keras = any(place.is_relative_to(part) for part in NEEDS_KERAS)
    backend = parent.config.getoption("--backend")
    of_one = re.match(rf"test_({'|'.join(BACKENDS)})(_|\b)", module_path.name)
    others = backend and of_one and of_one[1] != backend
    alone = place == Path(NEEDS_TWO) and len(installed()) < 2
    if needs_keras == bool(backend) and not others and not alone:
        return None  # pytest's own module
    return Elsewhere.from_parent(parent, path=module_path)


class Elsewhere(pytest.Module):
    """A module whose tests another process runs; it is not even imported here."""

    def collect(self) -> list:
        return []


def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    if not config.getoption("--backend") and not config.getoption("collectonly"):
        runs = [f"backend {name}" for name in installed()]
        items += [BackendRun.from_parent(session, name=name) for name in runs]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin with the backends, one after another, beside the tests without Keras."""
    gc.freeze()  # what is imported is not garbage, and a backend is millions of objects
    pool = ThreadPoolExecutor(1)
    # Beside another process, threads that share one operation wait for each other.
    environment = {"OMP_NUM_THREADS": "1"} | os.environ
    for item in session.items:
        if isinstance(item, BackendRun):
            item.done = pool.submit(item.run, environment)
    pool.shutdown(wait=False)


class BackendRun(pytest.Item):
    """The tests of one backend, in a process of their own."""

    done: Future[subprocess.CompletedProcess]

    def run(self, environment: dict[str, str]) -> subprocess.CompletedProcess:
        """Run them where this process began; its tests change folder and environment."""
        given = self.config.invocation_params.args
        backend = self.name.removeprefix("backend ")
        command = [sys.executable, "-m", "pytest", f"--backend={backend}", *given]
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.config.invocation_params.dir,
            env=environment,
        )

    def runtest(self) -> None:
        done = self.done.result()
        nothing_selected = done.returncode == pytest.ExitCode.NO_TESTS_COLLECTED
        lines = done.stdout.strip().splitlines() or ["no output"]
        result = re.sub(r"^=+ | =+$", "", lines[-1])
        self.config.stash.setdefault(RESULTS, []).append(f"{self.name}: {result}")
        if done.returncode and not nothing_selected:
            raise BackendRunError(done.stdout + done.stderr)

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo, style: str | None = None
    ) -> str:
        return str(excinfo.value)

    def reportinfo(self) -> tuple[Path, None, str]:
        return TESTS, None, self.name


class BackendRunError(Exception):
    """A backend's tests failed; holds what they printed."""


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for line in config.stash.get(RESULTS, []):
        terminalreporter.write_line(line)


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run every test in an empty folder, so that none writes into the repository."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
