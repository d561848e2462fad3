"""Whole runs killed at random moments; `pytest -m slow` runs them, backend by backend."""

import random
import signal
import time
from itertools import count
from pathlib import Path

import pytest

from kerasdl.backend import installed
from kerasdl.checkpoint import files
from tests.cli.helpers import kerasdl
from tests.cli.test_resume import LONG, assert_same_end, running, train

KILLS, INTERVAL, STEPS_PER_EPOCH = 50, 100, 306


@pytest.mark.slow
@pytest.mark.parametrize("backend", installed())
def test_killed_at_random(backend: str):
    """No sooner than it has begun, for until then there is nothing to lose."""
    flags = (
        *LONG, "--backend", backend, "--set", f"checkpoint.every_steps={INTERVAL}",
        "--set", "training.accumulate=2", "--set", "optimizer.ema_momentum=0.9",
    )  # fmt: skip
    begin = time.perf_counter()
    assert kerasdl(*train("straight", *flags)).returncode == 0
    longest = time.perf_counter() - begin
    chosen, kills = random.Random(0), 0
    for number in count():
        path = f"killed-{number}"
        with running(*train(path, *flags)) as process:
            time.sleep(chosen.uniform(0, longest))
            process.send_signal(signal.SIGKILL)
            stdout, _ = process.communicate()
        if not Path(path, "config.toml").exists():
            continue  # it had not begun
        kills += 1
        epochs = stdout.count("\nepoch ")
        newest = files.read_newest(Path(path, "checkpoints"), pytest.fail)
        reached = newest.step if newest else 0
        assert reached >= epochs * STEPS_PER_EPOCH - INTERVAL, number
        if not Path(path, "result.json").exists():
            done = kerasdl("resume", path, "--backend", backend)
            assert done.returncode == 0, (number, done.stderr)
        assert_same_end(path, "straight")
        if kills == KILLS:
            break
