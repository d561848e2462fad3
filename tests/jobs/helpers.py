"""Short ways to a config, a run and a number."""

import contextlib
import io
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import pytest

from kerasdl import backend, runs_folder
from kerasdl import config as configs
from kerasdl.checkpoint import files
from kerasdl.cli import group
from kerasdl.config import Config, parse_setting
from kerasdl.jobs.reporter import NullReporter, Reporter
from kerasdl.jobs.train import train
from kerasdl.jobs.verify_resume import TIMING_KEYS
from kerasdl.rundir import RunDir

SELECTION = backend.select(keras.config.backend())


def config(preset: str, *texts: str) -> Config:
    return configs.load(preset, settings=[parse_setting(text) for text in texts])


def train_lean(
    chosen: Config,
    path: str | Path | None = None,
    reporter: Reporter | None = None,
    *,
    baselines: bool = False,
) -> dict:
    """Train without a report, and without baselines unless asked; return the result."""
    return train(
        chosen, SELECTION, stem="run", path=Path(path) if path else None,
        reporter=reporter, report=False, baselines=baselines,
    )  # fmt: skip


def trained(
    preset: str, *texts: str, report: bool = False, baselines: bool = False
) -> tuple[RunDir, dict]:
    lean = {"report": report, "baselines": baselines}
    result = train(config(preset, *texts), SELECTION, stem=preset, **lean)
    return runs_folder.find(Path(result["run"])), result


def verb(*arguments: str, whole: bool = False) -> tuple[int, str]:
    """Run a verb in this process; return its code and all that it printed.

    A run has a report and baselines only if it is to be a `whole` one.
    """
    said = io.StringIO()
    return _run(arguments, said, said, whole), said.getvalue()


def verb_apart(*arguments: str, whole: bool = False) -> tuple[int, str, str]:
    """Run a verb in this process; return its code, stdout and stderr."""
    out, err = io.StringIO(), io.StringIO()
    return _run(arguments, out, err, whole), out.getvalue(), err.getvalue()


def _run(
    arguments: Sequence[str], out: io.StringIO, err: io.StringIO, whole: bool
) -> int:
    if arguments[0] in ("train", "resume") and not whole:
        arguments = *arguments, "--no-report", "--no-baselines"
    with contextlib.redirect_stderr(err), contextlib.redirect_stdout(out):
        try:
            group.main([*arguments], "kerasdl", standalone_mode=False)
        except SystemExit as ended:
            return int(ended.code or 0)
    return 0


class With(NullReporter):
    """Adds callbacks and keeps the warnings and notes."""

    def __init__(self, *callbacks: keras.callbacks.Callback):
        self.callbacks, self.warnings = list(callbacks), []
        self.notes: list[str] = []

    def begin(self, run, config, dataset, model) -> list:
        return self.callbacks

    def warn(self, line: str) -> None:
        self.warnings.append(line)

    def note(self, line: str) -> None:
        self.notes.append(line)


def array(variable) -> np.ndarray:
    return keras.ops.convert_to_numpy(variable).copy()


def number(variable) -> float:
    return float(array(variable))


def epochs_of(path: Path) -> list[dict]:
    """Return what a run logged, without its clocks."""
    return [
        {name: line[name] for name in line.keys() - {*TIMING_KEYS}}
        for line in RunDir(path).read_epochs()
    ]


def check_same_run(one: Path, other: Path) -> None:
    """Assert that two runs logged, saved and scored the same, bit for bit."""
    ends = [files.read_newest(p / "checkpoints", pytest.fail) for p in (one, other)]
    assert ends[0].arrays.keys() == ends[1].arrays.keys()
    for name, array in ends[0].arrays.items():
        np.testing.assert_array_equal(array, ends[1].arrays[name], err_msg=name)
    assert epochs_of(one) == epochs_of(other)
    results = [RunDir(path).read_result() for path in (one, other)]
    assert results[0]["test"] == results[1]["test"]
