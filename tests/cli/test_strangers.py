"""Runs and folders that came from somebody else are opened without harm."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kerasdl import runs_folder
from kerasdl.backend import installed
from kerasdl.config import load
from tests.cli.helpers import assert_fails, kerasdl


@pytest.mark.parametrize(
    ("flags", "module"),
    [
        pytest.param(
            ("verify", "--resume", "--preset", "mlp"), "click", marks=pytest.mark.slow
        ),
        (("parity", "--preset", "cnn", "--set", "data.name=wine"), "numpy"),
    ],
    ids=["verify", "parity"],
)
def test_code_in_the_current_folder_does_not_run(flags: tuple, module: str):
    """The first needs more than one step, the second images: both end early."""
    if flags[0] == "parity" and len(installed()) < 2:
        pytest.skip("one backend alone cannot be compared")
    Path(f"{module}.py").write_text('open("ran", "w"); raise SystemExit')
    few = ("--set", "training.epochs=1", "--set", "training.batch_size=4096")
    done = subprocess.run(
        [sys.executable, "-P", "-m", "kerasdl", *flags, *few],
        capture_output=True,
        text=True,
        check=False,
    )
    assert_fails(done, 2)
    assert not Path("ran").exists()


def link(path: Path) -> None:
    path.symlink_to("outside")


@pytest.mark.parametrize("make", [link, os.mkfifo])
@pytest.mark.parametrize("verb", ["resume", "evaluate", "replay", "verify"])
def test_a_run_with_a_stranger_is_refused(verb: str, make: Callable):
    Path("outside").mkdir()
    run = runs_folder.create("mlp")
    run.write_config(load("mlp"))
    make(run.path / "checkpoints")
    assert_fails(
        kerasdl(verb, str(run.path)), 7, "checkpoints is ", "which no run writes"
    )
    done = kerasdl("runs")
    assert (done.returncode, done.stdout.split()) == (0, ["mlp-1", "unsafe"])


def test_a_run_without_checkpoints_is_not_verified():
    run = runs_folder.create("mlp")
    run.write_config(load("mlp"))
    assert_fails(kerasdl("verify", str(run.path)), 4, "holds no checkpoint")
