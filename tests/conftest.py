"""The backend matrix: tests without Keras run once, the others once per backend.

A backend is a process, so plain `pytest` runs what needs no Keras and then starts
itself once more for each installed backend; `pytest --backend torch` runs one backend.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kerasdl.backend import BACKENDS, installed, select

TESTS = Path(__file__).parent
NEEDS_KERAS = (
    "backend",
    "callbacks",
    "initializers",
    "jobs",
    "layers",
    "losses",
    "models",
    "optimizers",
    "schedules",
    "test_examples.py",
)
"""What runs once per backend; the rest runs once, and imports no Keras."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--backend", choices=BACKENDS, help="run the tests of one backend")


def pytest_configure(config: pytest.Config) -> None:
    if backend := config.getoption("--backend"):
        os.environ["KERAS_BACKEND"] = backend
        if backend != "torch" and "torch" in installed():
            import torch  # noqa: F401  can crash when imported after the others
        select(backend)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    if not collection_path.is_relative_to(TESTS) or collection_path == TESTS:
        return None
    if collection_path.name == "conftest.py":
        return None
    top = collection_path.relative_to(TESTS).parts[0]
    needs_keras = top in NEEDS_KERAS
    return needs_keras != bool(config.getoption("--backend")) or None


def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    if not config.getoption("--backend") and not config.getoption("collectonly"):
        items += [BackendRun.from_parent(session, name=name) for name in installed()]


class BackendRun(pytest.Item):
    """The tests of one backend, in a process of their own."""

    summary = ""

    def runtest(self) -> None:
        given = self.config.invocation_params.args
        command = [sys.executable, "-m", "pytest", f"--backend={self.name}", *given]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        nothing_selected = done.returncode == pytest.ExitCode.NO_TESTS_COLLECTED
        lines = done.stdout.strip().splitlines() or ["no output"]
        self.summary = re.sub(r"^=+ | =+$", "", lines[-1])
        if done.returncode and not nothing_selected:
            raise BackendRunError(done.stdout + done.stderr)

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo, style: str | None = None
    ) -> str:
        return str(excinfo.value)

    def reportinfo(self) -> tuple[Path, None, str]:
        return TESTS, None, f"backend {self.name}"


class BackendRunError(Exception):
    """A backend's tests failed; holds what they printed."""


def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo
) -> pytest.TestReport | None:
    if not isinstance(item, BackendRun) or call.when != "call":
        return None
    report = pytest.TestReport.from_item_and_call(item, call)
    report.sections.append(("summary", f"backend {item.name}: {item.summary}"))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for reports in terminalreporter.stats.values():
        for report in reports:
            for title, text in getattr(report, "sections", []):
                if title == "summary":
                    terminalreporter.write_line(text)


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run every test in an empty folder, so that none writes into the repository."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
