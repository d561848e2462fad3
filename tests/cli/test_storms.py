"""Whole runs killed at random moments; `pytest -m slow` runs them, backend by backend."""

import argparse
import random
import shutil
import signal
import time
from itertools import count
from pathlib import Path

import pytest

from kerasdl.backend import installed
from kerasdl.checkpoint import files
from tests.cli.helpers import kerasdl
from tests.cli.test_resume import assert_same_end, running

KILLS, INTERVAL = 13, 20
PRESETS = {
    "mlp": ("training.epochs=12", "training.batch_size=6", "training.accumulate=2"),
    "cnn": ("training.epochs=6", "model.filters=[4,8]", "training.mixup=0.2"),
    "lstm": ("training.epochs=8", "model.units=[8]", "training.batch_size=16"),
    "gpt-tiny": (
        "data.name=text.txt", "training.epochs=2", "model.width=16", "model.depth=1",
        "model.num_heads=2", "model.mlp_units=32", "training.batch_size=32",
    ),
}  # fmt: skip
"""Shrunk, and each with something else that a resume could lose."""


@pytest.mark.slow
@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("backend", installed())
def test_killed_at_random(backend: str, preset: str):
    """No sooner than it has begun, for until then there is nothing to lose."""
    shutil.copy(argparse.__file__, "text.txt")
    settings = [*PRESETS[preset], "optimizer.ema_momentum=0.9"]
    settings.append(f"checkpoint.every_steps={INTERVAL}")
    flags = [part for setting in settings for part in ("--set", setting)]
    train = ["train", "--preset", preset, "--backend", backend, *flags, "--run-dir"]
    begin = time.perf_counter()
    straight = kerasdl(*train, "straight")
    assert straight.returncode == 0, straight.stderr
    longest = time.perf_counter() - begin
    last = files.all_paths(Path("straight", "checkpoints"))[-1]
    steps = int(last.name.removeprefix("step-")) // straight.stdout.count("\nepoch ")
    chosen, kills = random.Random(0), 0
    for number in count():
        path = f"killed-{number}"
        with running(*train, path) as process:
            time.sleep(chosen.uniform(longest / 3, longest))
            process.send_signal(signal.SIGKILL)
            stdout, _ = process.communicate()
        if not Path(path, "config.toml").exists():
            continue  # it had not begun
        kills += 1
        newest = files.read_newest(Path(path, "checkpoints"), pytest.fail)
        reached = newest.step if newest else 0
        assert reached >= stdout.count("\nepoch ") * steps - INTERVAL, number
        if not Path(path, "result.json").exists():
            done = kerasdl("resume", path, "--backend", backend)
            assert done.returncode == 0, (number, done.stderr)
        assert_same_end(path, "straight")
        if kills == KILLS:
            break
