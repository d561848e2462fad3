"""What goes wrong ends in one line and the right exit code."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.helpers import assert_fails, kerasdl


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["train"], 2, ["--preset", "mlp"]),
        (["train", "--preset", "mpl"], 2, ["'mpl'", "did you mean mlp?"]),
        (["train", "--preset", "mlp", "--set", "training.epoch=3"], 2, ["training.epoch", "did you mean epochs?"]),
        (["train", "--preset", "mlp", "--lr", "7"], 2, ["optimizer.learning_rate (=7.0) in --lr", "≤ 1"]),
        (["train", "--preset", "mlp", "--set", "epochs"], 2, ["table.key=value"]),
        (["train", "--config", "none.toml"], 2, ["none.toml", "No such file"]),
        (["train", "--preset", "mlp", "--backend", "numpy"], 5, ["'numpy'", "jax, torch, tensorflow"]),
        (["train", "--preset", "mlp", "--data", "digit"], 3, ["'digit'", "did you mean digits?"]),
        (["train", "--preset", "mlp", "--data", "none.npz"], 3, ["no file at none.npz"]),
        (["train", "--preset", "mlp", "--data", "n" * 300 + ".npz"], 3, ["cannot look for", "too long"]),
        (["verify", "--resume", "--preset", "resnet50"], 3, ["no data of its own"]),
        (["train", "--preset", "mlp", "--data", "diabetes"], 3, ["diabetes is a regression set"]),
        (["evaluate", "nowhere"], 2, ["nowhere", "kerasdl runs"]),
        (["presets", "show", "nope"], 2, ["'nope'", "mlp"]),
    ],
)  # fmt: skip
def test_faults_end_in_one_line(arguments, code, words):
    assert_fails(kerasdl(*arguments), code, *words)


def test_three_faults_are_three_lines():
    keys = ["training.epoch=3", "modl.name=mlp", "precision.policy=half"]
    flags = [part for key in keys for part in ("--set", key)]
    done = kerasdl("train", "--preset", "mlp", *flags)
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("error: ") and " — " in line for line in lines)


@pytest.mark.parametrize(
    "arguments", [["trian"], ["train", "--nope"], ["train", "--epochs", "x"]]
)
def test_usage_faults_are_one_line(arguments):
    done = kerasdl(*arguments)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert " — see kerasdl" in line


def test_a_missing_backend_names_its_install(tmp_path: Path):
    hide = "from importlib.machinery import PathFinder as p; f = p.find_spec\n"
    hide += "p.find_spec = lambda n, *a: None if n == 'torch' else f(n, *a)\n"
    (tmp_path / "sitecustomize.py").write_text(hide)
    done = kerasdl(
        "train", "--preset", "mlp", "--backend", "torch", PYTHONPATH=str(tmp_path)
    )
    assert_fails(done, 5, "torch is not installed", 'pip install "kerasdl[torch]"')


def test_debug_shows_the_traceback():
    done = kerasdl("train", "--preset", "nope", "--debug")
    assert "Traceback" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("error: ")


def test_a_run_is_never_overwritten():
    Path("taken").mkdir()
    Path("taken/file").touch()
    done = kerasdl("train", "--preset", "mlp", "--epochs", "1", "--run-dir", "taken")
    assert_fails(done, 2, "taken is not empty")


@pytest.mark.parametrize("flags", [["presets"], ["presets", "--json"]])
def test_no_room_for_what_is_printed(flags):
    command = [sys.executable, "-m", "kerasdl", *flags]
    with Path("printed").open("w") as printed:
        done = subprocess.run(
            ["sh", "-c", f"ulimit -f 0; exec {shlex.join(command)}"],
            stdout=printed,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 6
    assert done.stderr.startswith("error: cannot read or write output")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("flags", [["presets"], ["env", "--json"]])
def test_output_that_is_closed(flags):
    command = shlex.join([sys.executable, "-m", "kerasdl", *flags])
    done = subprocess.run(
        ["sh", "-c", f"{command} >&-"],
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_reader_that_leaves_is_no_crash():
    done = subprocess.run(
        f"{sys.executable} -m kerasdl presets show mlp | true",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "ending",
    [
        "| head -1",
        *(pytest.param(end, marks=pytest.mark.slow) for end in ("> /dev/full", ">&-")),
    ],
)
def test_a_run_whose_output_cannot_be_printed_goes_on(ending: str):
    flags = "train --preset mlp --epochs 3 --no-report --no-baselines --run-dir run"
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m kerasdl {flags} {ending}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    lines = Path("run", "metrics.jsonl").read_text().splitlines()
    assert len(lines) == 3
    assert Path("run", "result.json").is_file()
    told = {"| head -1": "Broken pipe", "> /dev/full": "No space left"}.get(ending)
    expected = f"warning: nothing more can be printed ({told}" if told else ""
    assert done.stderr.startswith(expected)
    assert len(done.stderr.splitlines()) == bool(told)
