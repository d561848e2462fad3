"""Verify that a killed and resumed run equals an uninterrupted one."""

import signal
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from kerasdl import storage
from kerasdl.checkpoint import files
from kerasdl.config import Config, to_toml
from kerasdl.errors import ConfigError
from kerasdl.jobs import signals, worker
from kerasdl.rundir import RunDir

TIMING_KEYS = (
    "examples_per_second",
    "peak_memory_bytes",
    "seconds",
    "batches_per_second",
    "host_memory_bytes",
    "device_memory_bytes",
)
"""The metrics that differ between equal runs."""


def verify_resume(
    config: Config, backend: str, download: bool = False
) -> dict[str, Any]:
    """Compare an uninterrupted run with one killed halfway and resumed, bit for bit.

    Args:
        config: The config to train.
        backend: The backend to train with.
        download: As for `assemble.source`.

    Returns:
        `steps`, `resumed_from_step`, and `differences`: the arrays and epochs that
        differ, which should be none.

    Raises:
        ConfigError: If the run is too short to be killed halfway.
        KerasDLError: If one of the runs fails, with its error.
    """
    with signals.raising(), tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        straight, killed = (RunDir(folder / part) for part in ("straight", "killed"))

        def write(config: Config) -> None:
            storage.write_text(folder / worker.CONFIG, to_toml(config))

        def train(run: RunDir) -> subprocess.Popen:
            arguments = {"run": str(run.path), "download": download}
            return worker.start(folder, "train", backend, **arguments)

        write(config)
        worker.finish(train(straight), folder, backend)
        expected = files.read_newest(straight.checkpoints, lambda _: None)
        assert expected is not None
        if expected.step < 2:
            what = "a run of one step cannot be stopped halfway"
            raise ConfigError(what, "raise training.epochs with --set")
        interval = max(expected.step // 10, 1)
        write(
            replace(config, checkpoint=replace(config.checkpoint, every_steps=interval))
        )
        with train(killed) as process:
            _kill_after(expected.step // 2, killed, process)
            if process.wait() != -signal.SIGKILL:
                worker.finish(process, folder, backend)
                what = "the run ended before it could be killed"
                raise ConfigError(what, "raise training.epochs with --set")
        resumed_from = _newest_step(killed)
        process = worker.start(folder, "resume", backend, run=str(killed.path))
        worker.finish(process, folder, backend)
        resumed = files.read_newest(killed.checkpoints, lambda _: None)
        assert resumed is not None
        return {
            "steps": expected.step,
            "resumed_from_step": resumed_from,
            "differences": [
                *_differing_arrays(expected.arrays, resumed.arrays),
                *_differing_epochs(straight, killed),
            ],
        }


def _kill_after(step: int, run: RunDir, process: subprocess.Popen) -> None:
    """Kill a run once it has saved a step, unless it ends before."""
    try:
        while process.poll() is None and _newest_step(run) < step:
            time.sleep(0.01)
    finally:
        process.kill()


def _newest_step(run: RunDir) -> int:
    paths = files.all_paths(run.checkpoints)
    return int(paths[-1].name.removeprefix("step-")) if paths else 0


def _differing_arrays(
    one: dict[str, np.ndarray], other: dict[str, np.ndarray]
) -> list[str]:
    names = sorted(one.keys() | other.keys())
    return [
        name
        for name in names
        if name not in one
        or name not in other
        or one[name].dtype != other[name].dtype
        or not np.array_equal(one[name], other[name], equal_nan=True)
    ]


def _differing_epochs(one: RunDir, other: RunDir) -> list[str]:
    ours, theirs = (
        [{n: v for n, v in line.items() if n not in TIMING_KEYS} for line in lines]
        for lines in (one.read_epochs(), other.read_epochs())
    )
    longest = max(len(ours), len(theirs))
    differ = [n for n in range(longest) if ours[n : n + 1] != theirs[n : n + 1]]
    return [f"epoch {number + 1}" for number in differ]
