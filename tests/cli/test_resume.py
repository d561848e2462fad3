"""Runs that are stopped, killed, locked or damaged, and then resumed."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from kerasdl.backend import installed
from kerasdl.checkpoint import files
from kerasdl.jobs.verify_resume import TIMING_KEYS
from tests.cli.helpers import LONG, assert_fails, kerasdl, train


@contextmanager
def running(*arguments: str) -> Iterator[subprocess.Popen]:
    command = [sys.executable, "-m", "kerasdl", *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_for(process: subprocess.Popen, line: str) -> None:
    assert process.stdout is not None
    while not (text := process.stdout.readline()).startswith(line):
        assert text, process.communicate()


def metrics(path: str) -> list[dict]:
    """Return the lines, but for what a clock says."""
    lines = Path(path, "metrics.jsonl").read_text().splitlines()
    return [
        {
            name: value
            for name, value in json.loads(line).items()
            if name not in TIMING_KEYS
        }
        for line in lines
    ]


def assert_same_end(one: str, other: str) -> None:
    """Bit for bit."""
    assert metrics(one) == metrics(other)
    ends = [
        files.read_newest(Path(p, "checkpoints"), pytest.fail) for p in (one, other)
    ]
    assert ends[0] is not None
    assert ends[1] is not None
    assert ends[0].arrays.keys() == ends[1].arrays.keys()
    for name, array in ends[0].arrays.items():
        np.testing.assert_array_equal(array, ends[1].arrays[name], err_msg=name)


@pytest.mark.parametrize(
    "sent", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)]
)
def test_stopped_and_killed_it_ends_as_if_nothing_had_happened(
    sent: signal.Signals, straight: str
):
    """A signal saves; a kill loses no more than an interval."""
    flags = (*LONG, "--set", "checkpoint.every_steps=50", "--no-report")
    with running(*train("stopped", *flags)) as process:
        wait_for(process, "epoch 1/")
        time.sleep(0.1)
        process.send_signal(sent)
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == 75, stderr
    assert stderr.startswith(f"stopped: received {sent.name}; step ")
    assert stderr.endswith(" — kerasdl resume stopped\n")
    assert "Traceback" not in stderr
    again = kerasdl("resume", "stopped", "--epochs", "1")
    assert_fails(again, 2, "stopped is already in epoch", "--epochs")
    with running("resume", "stopped") as process:
        wait_for(process, "epoch 3/")
        time.sleep(0.2)
        process.kill()
        process.wait()
    newest = files.read_newest(Path("stopped", "checkpoints"), pytest.fail)
    assert newest is not None
    assert newest.step >= 3 * 204 - 50
    again = kerasdl(*train("stopped", *flags))
    assert_fails(again, 2, "stopped holds an unfinished run", "kerasdl resume stopped")
    assert kerasdl("resume", "stopped", "--no-report").returncode == 0
    place = json.loads(Path("stopped", "environment.json").read_text())
    assert place["backend_chosen_by"] == "the run"
    assert_same_end("stopped", straight)
    results = [
        json.loads(Path(p, "result.json").read_text()) for p in ("stopped", straight)
    ]
    assert results[0]["test"] == results[1]["test"]


@pytest.mark.slow
def test_the_second_signal_stops_at_once():
    flags = (*LONG, "--set", "checkpoint.every_epochs=1", "--no-report")
    with running(*train("twice", *flags)) as process:
        wait_for(process, "epoch 2/")
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == 75
    assert stderr.startswith("stopped: twice is saved — kerasdl resume")
    assert kerasdl("verify", "twice").returncode == 0


def test_a_signal_while_everything_is_imported(straight: str):
    with running(*train("early", "--epochs", "2")) as process:
        _wait_for_imports(process)
        process.terminate()
        _, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (143, "stopped: nothing to resume from\n")
    assert not Path("early").exists()
    shutil.copytree(straight, "early")
    with running("resume", "early", "--epochs", "7") as process:
        _wait_for_imports(process)
        process.terminate()
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == 75
    assert stderr.startswith("stopped: early is saved — kerasdl resume")


def _wait_for_imports(process: subprocess.Popen) -> None:
    """Wait for more memory than the command line takes, and less than Keras does."""
    resident = 0
    while resident < 50_000:
        assert process.poll() is None
        time.sleep(0.01)
        shown = ["ps", "-o", "rss=", "-p", str(process.pid)]
        done = subprocess.run(shown, capture_output=True, text=True, check=True)
        resident = int(done.stdout)


def test_one_process_at_a_time():
    endless = ("training.epochs=1000", "training.patience=0")
    flags = [part for setting in endless for part in ("--set", setting)]
    with running(*train("locked", *flags)) as process:
        wait_for(process, "epoch 1/")
        process.send_signal(signal.SIGSTOP)  # it holds the lock, and no core
        done = kerasdl("resume", "locked")
        assert_fails(done, 9, f"locked is in use by process {process.pid}")
        assert_fails(kerasdl(*train("locked")), 9, "locked is in use")


def test_no_room_for_a_checkpoint():
    """The limit is that of a file, as a full disk would set it."""
    command = f"ulimit -f 64; exec {sys.executable} -m kerasdl " + " ".join(
        train("full", "--epochs", "3", "--set", "checkpoint.every_epochs=1")
    )
    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, check=False
    )
    assert_fails(done, 6, "cannot write", "free some space")
    assert not list(Path("full/checkpoints").iterdir())


def test_a_directory_that_may_not_be_written(straight: str):
    """Also as root, which may write anywhere until it gives that up."""
    shutil.copytree(straight, "copy")
    given_up = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search")
    may_not = given_up if os.geteuid() == 0 else ()
    closed = Path("copy", "checkpoints")
    closed.chmod(0o555)
    command = [*may_not, sys.executable, "-m", "kerasdl", "resume", "copy"]
    done = subprocess.run(
        [*command, "--epochs", "7"], capture_output=True, text=True, check=False
    )
    closed.chmod(0o755)
    assert_fails(done, 6, f"cannot write {closed}", "Permission denied")
    assert kerasdl("verify", "copy").returncode == 0
    assert metrics("copy")[:6] == metrics(straight)
    assert not Path("copy", "result.json").exists()  # so that it can be resumed


@pytest.mark.slow
def test_a_diverged_run_can_be_looked_at_on_every_backend():
    far = ("--set", "optimizer.name=sgd", "--lr", "1")
    far = (*far, "--set", "optimizer.global_clipnorm=0", "--run-dir", "far")
    assert kerasdl("train", "--preset", "mlp-regression", *far).returncode == 8
    losses = []
    for backend in installed():
        found = json.loads(
            kerasdl("replay", "far", "--backend", backend, "--json").stdout
        )
        assert (found["epoch"], found["finite"]) == (4, False)
        losses.append(found["loss"])
    np.testing.assert_allclose(losses, losses[0], rtol=1e-5)


@pytest.mark.slow
def test_verify_that_is_stopped_leaves_nothing(tmp_path: Path):
    (tmp_path / "left").mkdir()
    command = ["verify", "--resume", "--preset", "mlp"]
    command += ["--set", "training.epochs=1000"]
    environment = os.environ | {"TMPDIR": str(tmp_path / "left")}
    process = subprocess.Popen(
        [sys.executable, "-m", "kerasdl", *command],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        while not list(tmp_path.glob("left/*/straight/metrics.jsonl")):
            assert process.poll() is None
            time.sleep(0.1)
        process.terminate()
        _, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (143, "stopped: nothing to resume from\n")
    assert list(tmp_path.glob("left/*")) == []


@pytest.mark.slow
def test_verify_says_what_a_run_ended_with(tmp_path: Path):
    x = np.random.default_rng(0).normal(size=(90, 4))
    np.savez("mine.npz", x=np.where(x == x[7, 2], np.nan, x), y=np.arange(90) % 3)
    flags = ("--preset", "mlp", "--set", f"data.name={tmp_path}/mine.npz")
    assert_fails(kerasdl("verify", "--resume", *flags), 3, "row 7, column 2")
    few = ("--preset", "mlp", "--set", "training.epochs=1")
    few += ("--set", "training.batch_size=4096")
    done = kerasdl("verify", "--resume", *few)
    assert_fails(done, 2, "of one step", "training.epochs")


@pytest.mark.slow
def test_verify():
    for wrong in ((), ("run", "--resume", "--preset", "mlp"), ("run", "--resume")):
        done = kerasdl("verify", *wrong)
        assert_fails(done, 2, "takes a run, or --resume and --preset")
    done = kerasdl(
        "verify", "--resume", "--preset", "mlp", "--json",
        "--set", "training.epochs=6", "--set", "training.accumulate=2",
        "--set", "optimizer.ema_momentum=0.9",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["differences"] == []
    assert result["steps"] // 2 <= result["resumed_from_step"] < result["steps"]
