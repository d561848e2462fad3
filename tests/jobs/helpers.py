"""Short ways to a config, a run and a number."""

import contextlib
import io
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np

from kerasdl import backend, runs_folder
from kerasdl import config as configs
from kerasdl.cli import group
from kerasdl.config import Config, parse_setting
from kerasdl.jobs.reporter import NullReporter
from kerasdl.jobs.train import train
from kerasdl.rundir import RunDir

SELECTION = backend.select(keras.config.backend())


def config(preset: str, *texts: str) -> Config:
    return configs.load(preset, settings=[parse_setting(text) for text in texts])


def trained(preset: str, *texts: str) -> tuple[RunDir, dict]:
    result = train(config(preset, *texts), SELECTION, stem=preset)
    return runs_folder.find(Path(result["run"])), result


def verb(*arguments: str) -> tuple[int, str]:
    """Run a verb in this process; return its code and all that it printed."""
    said = io.StringIO()
    return _run(arguments, said, said), said.getvalue()


def verb_apart(*arguments: str) -> tuple[int, str, str]:
    """Run a verb in this process; return its code, stdout and stderr."""
    out, err = io.StringIO(), io.StringIO()
    return _run(arguments, out, err), out.getvalue(), err.getvalue()


def _run(arguments: Sequence[str], out: io.StringIO, err: io.StringIO) -> int:
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
