"""The command as a user runs it, in a process of its own."""

import os
import subprocess
import sys

LONG = ("--epochs", "6", "--set", "training.batch_size=6")


def train(path: str, *flags: str, baselines: bool = False) -> list[str]:
    lean = () if baselines else ("--no-baselines",)
    return ["train", "--preset", "mlp", "--run-dir", path, *lean, *flags]


def kerasdl(*arguments: str, **variables: str) -> subprocess.CompletedProcess:
    environment = {k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"}
    return subprocess.run(
        [sys.executable, "-m", "kerasdl", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment | variables,
    )


def assert_fails(done: subprocess.CompletedProcess, code: int, *words: str) -> None:
    assert done.returncode == code, done.stderr
    lines = done.stderr.splitlines()
    [line] = [line for line in lines if "is not sealed" not in line]
    assert line.startswith("error: ")
    assert " — " in line
    for word in words:
        assert word in line
