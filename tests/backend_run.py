"""Tests of one backend, as one test of the process that starts them."""

import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import Future
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from kerasdl.backend import installed

TESTS = Path(__file__).parent
BEGUN = time.monotonic()
RESULTS = pytest.StashKey[list[str]]()
"""A line for each backend that ran."""
OWN_TESTS_DONE = pytest.StashKey[Event]()
TERMINAL = pytest.StashKey[int]()
"""A descriptor that pytest does not capture."""


QUICKEST_FIRST = ("torch", "jax", "tensorflow")
"""The first one installed takes the tests marked `any_backend`: what they assert is the
work of code that no backend runs."""


def quickest() -> str:
    """Return the installed backend that takes the least time to begin."""
    return next(name for name in QUICKEST_FIRST if name in installed())


class BackendRun(pytest.Item):
    """Tests of one backend, in a process of their own."""

    done: Future[subprocess.CompletedProcess]
    process: subprocess.Popen | None = None

    def __init__(self, *, backend: str, share: str, **given: Any):
        super().__init__(name=f"{backend}, {share}", **given)
        self.flags = f"--backend={backend}", f"--share={share}"

    def run(self, environment: dict[str, str]) -> subprocess.CompletedProcess:
        """Run them where this process began; its tests change folder and environment."""
        given = list(self.config.invocation_params.args)
        if (minutes := self.config.getoption("--minutes")) is not None:
            given.append(f"--minutes={minutes - (time.monotonic() - BEGUN) / 60}")
        command = [sys.executable, "-m", "pytest", *given, *self.flags]
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.config.invocation_params.dir,
            env=environment,
        ) as self.process:
            printed = self.process.communicate()
        done = subprocess.CompletedProcess(command, self.process.returncode, *printed)
        line = f"\n{self.name}: {result(done)}\n"
        os.write(self.config.stash[TERMINAL], line.encode())
        return done

    def stop(self) -> None:
        self.done.cancel()
        if self.process and self.process.poll() is None:
            self.process.terminate()

    def runtest(self) -> None:
        self.config.stash[OWN_TESTS_DONE].set()
        done = self.done.result()
        lines = self.config.stash.setdefault(RESULTS, [])
        lines.append(f"{self.name}: {result(done)}")
        if done.returncode not in (0, pytest.ExitCode.NO_TESTS_COLLECTED):
            raise BackendRunError(f"{lines[-1]}\n{done.stdout}{done.stderr}")

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo, style: str | None = None
    ) -> str:
        return str(excinfo.value)

    def reportinfo(self) -> tuple[Path, None, str]:
        return TESTS, None, self.name


class BackendRunError(Exception):
    """A backend's tests failed; holds what they printed."""


def result(done: subprocess.CompletedProcess) -> str:
    """Return in one line how the tests of a process ended."""
    if done.returncode < 0:
        return f"ended by {signal.Signals(-done.returncode).name}"
    lines = done.stdout.strip().splitlines() or ["no output"]
    memory = [line for line in lines if line.startswith("peak memory")]
    return ", ".join([re.sub(r"^=+ | =+$", "", lines[-1]), *memory[-1:]])
