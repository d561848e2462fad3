"""Whether resuming changes nothing."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from kerasdl import storage
from kerasdl.checkpoint import files
from kerasdl.config import Config, to_toml
from kerasdl.errors import ConfigError, KerasDLError
from kerasdl.jobs import signals

OF_A_CLOCK = ("examples_per_second", "peak_memory_bytes", "seconds")
"""What differs between two runs that are the same."""


def verify_resume(
    config: Config, backend: str, download: bool = False
) -> dict[str, Any]:
    """Train straight, and killed halfway and resumed; compare the ends bit for bit.

    Args:
        config: What is trained.
        backend: The backend to train with.
        download: As for `assemble.source`.

    Returns:
        `steps`, `resumed_from_step`, and `differences`: the arrays and epochs that
        differ, which should be none.

    Raises:
        ConfigError: If the run is too short to be killed halfway.
        KerasDLError: If one of the runs fails: what it ended with.
    """
    with signals.raising(), tempfile.TemporaryDirectory() as folder:
        file, straight, killed = (
            Path(folder, name) for name in ("config.toml", "straight", "killed")
        )
        storage.write_text(file, to_toml(config))
        command = ["train", "--config", str(file), "--backend", backend, "--run-dir"]
        asked = ["--data", config.data.name] if download else []
        _run(*command, str(straight), *asked)
        whole = files.read_newest(straight / "checkpoints", lambda _: None)
        assert whole is not None
        if whole.step < 2:
            what = "a run of one step cannot be stopped halfway"
            raise ConfigError(what, "--set training.epochs to more")
        interval = max(whole.step // 10, 1)
        often = ["--set", f"checkpoint.every_steps={interval}"]
        resumed_from = _kill_after(
            whole.step // 2, killed, [*command, str(killed), *often]
        )
        _run("resume", str(killed), "--backend", backend)
        end = files.read_newest(killed / "checkpoints", lambda _: None)
        assert end is not None
        return {
            "steps": whole.step,
            "resumed_from_step": resumed_from,
            "differences": [
                *_differing_arrays(whole.arrays, end.arrays),
                *_differing_epochs(straight, killed),
            ],
        }


def _command(*arguments: str) -> list[str]:
    # -P: a click.py in the current folder is not imported.
    return [sys.executable, "-P", "-m", "kerasdl", *arguments]


def _run(*arguments: str) -> None:
    done = subprocess.run(
        _command(*arguments), capture_output=True, text=True, check=False
    )
    _check(done.returncode, done.stderr)


def _check(code: int, stderr: str) -> None:
    """Raise what a command ended with, if it failed."""
    if code:
        said = (stderr.strip().splitlines() or [f"it ended with {code}"])[-1]
        what, _, hint = said.removeprefix("error: ").partition(" — ")
        kinds = {kind.exit_code: kind for kind in KerasDLError.__subclasses__()}
        raise kinds.get(code, KerasDLError)(what, hint or "train it to see more")


def _kill_after(step: int, run: Path, arguments: list[str]) -> int:
    """Kill a run once it has saved this step; return the newest step saved."""
    with (
        tempfile.TemporaryFile("w+") as stderr,
        subprocess.Popen(
            _command(*arguments), stdout=subprocess.DEVNULL, stderr=stderr
        ) as process,
    ):
        try:
            while process.poll() is None and _newest_step(run) < step:
                time.sleep(0.01)
        finally:
            ended = process.poll()
            process.kill()
        stderr.seek(0)
        _check(ended or 0, stderr.read())
    if ended is not None:
        what = "the run came to its end before it could be killed"
        raise ConfigError(what, "--set training.epochs to more")
    return _newest_step(run)


def _newest_step(run: Path) -> int:
    paths = files.all_paths(run / "checkpoints")
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


def _differing_epochs(one: Path, other: Path) -> list[str]:
    def lines(run: Path) -> list[dict[str, Any]]:
        texts = (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
        found = [json.loads(text) for text in texts]
        return [{n: v for n, v in f.items() if n not in OF_A_CLOCK} for f in found]

    ours, theirs = lines(one), lines(other)
    longest = max(len(ours), len(theirs))
    differ = [n for n in range(longest) if ours[n : n + 1] != theirs[n : n + 1]]
    return [f"epoch {number + 1}" for number in differ]
