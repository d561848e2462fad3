"""The command as a user runs it: exit codes, one-line errors, JSON."""

import contextlib
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import click
import numpy as np
import pytest

from kerasdl import cli
from kerasdl.backend import BACKENDS, installed

X, Y = np.random.default_rng(0).normal(size=(60, 4)), np.arange(60) % 3


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
    [line] = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert " — " in line
    for word in words:
        assert word in line


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
        (["train", "--preset", "mlp", "--data", "diabetes"], 3, ["diabetes is a regression set"]),
        (["train", "--preset", "cnn", "--data", "wine"], 2, ["'cnn'", "(13,)", "--preset"]),
        (["evaluate", "nowhere"], 2, ["nowhere", "kerasdl runs"]),
        (["presets", "show", "nope"], 2, ["'nope'", "mlp"]),
    ],
)  # fmt: skip
def test_faults_end_in_one_line(arguments, code, words):
    assert_fails(kerasdl(*arguments), code, *words)


@pytest.mark.parametrize(
    ("arrays", "code", "words"),
    [
        ({"x": X, "y": Y[:50]}, 3, ["x has 60 rows", "(50,)"]),
        ({"x": np.where(X[7, 2] == X, np.nan, X), "y": Y}, 3, ["row 7, column 2"]),
        ({"x": X, "y": np.where(np.arange(60) == 5, -1, Y)}, 3, ["-1 at row 5"]),
        ({"x": X, "y": np.where(np.arange(60) == 5, 99, Y)}, 3, ["99 at row 5"]),
        ({"x": X, "y": Y.astype(float)}, 3, ["y has dtype float64"]),
        ({"x": X}, 3, ["not both x and y"]),
        ({"x": X, "y": np.array([{}] * 60)}, 7, ["pickled objects"]),
    ],
)
def test_bad_arrays_end_in_one_line(tmp_path: Path, arrays, code, words):
    np.savez(tmp_path / "mine.npz", **arrays)
    done = kerasdl("train", "--preset", "mlp", "--data", "mine.npz")
    assert_fails(done, code, "mine.npz", *words)
    assert not Path("runs").exists()


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


def test_train_evaluate_and_runs_speak_json():
    flags = ["--preset", "mlp", "--epochs", "2", "--json"]
    done = kerasdl("train", *flags)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["status"] == "completed"
    assert "epoch 2/2" in done.stderr
    done = kerasdl("evaluate", result["run"], "--backend", installed()[-1], "--json")
    scores = json.loads(done.stdout)
    assert scores["accuracy"] == result["test"]["accuracy"]
    [row] = json.loads(kerasdl("runs", "--json").stdout)
    assert row == {"run": "mlp-1", "status": "completed", "test": result["test"]}
    assert "mlp-1" in kerasdl("runs").stdout


def test_plain_lines_when_piped():
    done = kerasdl("train", "--preset", "mlp", "--epochs", "2")
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert sum(line.startswith("epoch ") for line in lines) == 2
    assert "\x1b" not in done.stdout
    assert any(line.startswith("test ") and "accuracy" in line for line in lines)
    assert any("logistic regression" in line for line in lines)


def test_a_config_of_a_run_repeats_it():
    kerasdl("train", "--preset", "mlp", "--epochs", "2")
    again = kerasdl("train", "--config", "runs/mlp-1/config.toml", "--run-dir", "again")
    assert again.returncode == 0, again.stderr
    first, second = (
        json.loads((Path(p) / "result.json").read_text())
        for p in ("runs/mlp-1", "again")
    )
    assert first["test"] == second["test"]


def test_a_run_is_never_overwritten():
    Path("taken").mkdir()
    Path("taken/file").touch()
    done = kerasdl("train", "--preset", "mlp", "--epochs", "1", "--run-dir", "taken")
    assert_fails(done, 2, "taken is not empty")


def test_dry_run_trains_nothing():
    done = kerasdl("train", "--preset", "mlp", "--dry-run")
    assert done.returncode == 0, done.stderr
    for words in ("hidden_units", "1221 train", "52,362", "1,200", "0.003 highest"):
        assert words in done.stdout
    planned = json.loads(
        kerasdl("train", "--preset", "mlp", "--dry-run", "--json").stdout
    )
    assert planned["steps"] == 1200
    assert not Path("runs").exists()


def test_a_variable_and_a_flag_that_disagree():
    if len(installed()) < 2:
        pytest.skip("needs two backends")
    one, other = installed()[:2]
    done = kerasdl(
        "train", "--preset", "mlp", "--dry-run", "--backend", one, KERAS_BACKEND=other
    )
    assert f"--backend overrules KERAS_BACKEND={other}" in done.stdout


def test_keras_sets_need_a_cache_or_a_network(tmp_path: Path):
    done = kerasdl(
        "train", "--preset", "mlp", "--data", "mnist",
        KERAS_HOME=str(tmp_path), https_proxy="http://127.0.0.1:9",
    )  # fmt: skip
    assert_fails(done, 3, "'mnist' is neither cached", ".npz")


@pytest.mark.parametrize("backend", installed())
def test_a_live_bar_on_a_terminal(backend: str):
    """Under a terminal of its own; the bar must not disturb the running steps."""
    leader, follower = pty.openpty()
    flags = ["--preset", "mlp", "--epochs", "12", "--backend", backend]
    process = subprocess.Popen(
        [sys.executable, "-m", "kerasdl", "train", *flags],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env={k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"},
    )
    os.close(follower)
    shown = b""
    with contextlib.suppress(OSError):  # how Linux reports that the terminal closed
        while part := os.read(leader, 65536):
            shown += part
    os.close(leader)
    assert process.wait() == 0, shown.decode()
    text = shown.decode()
    assert "epoch 12/12" in text
    assert re.search(r"\d+/240 .*loss \d.* lr \d.*/s", text)


def test_names_are_shown_as_they_are():
    done = kerasdl("train", "--preset", "mlp", "--epochs", "1", "--run-dir", "a[/b]:x:")
    assert done.returncode == 0, done.stderr
    assert "run      a[/b]:x:" in done.stdout


def test_runs_lists_what_is_damaged_too():
    for number, content in enumerate(["{", "[]", '{"test": {"loss": null}}'], start=1):
        run = Path(f"runs/mlp-{number}")
        run.mkdir(parents=True)
        (run / "config.toml").touch()
        (run / "result.json").write_text(content)
    done = kerasdl("runs")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("damaged") == 3


def test_a_broken_preset_does_not_hide_the_others():
    Path("presets").mkdir()
    Path("presets/broken.toml").write_text("[")
    done = kerasdl("presets")
    assert done.returncode == 0
    assert "cannot be used" in done.stdout
    assert "residual network" in done.stdout


def test_bare_kerasdl_shows_help():
    done = kerasdl()
    assert (done.returncode, done.stderr) == (0, "")
    assert "Commands:" in done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("flags", [["presets"], ["presets", "--json"]])
def test_a_full_disk_behind_stdout(flags):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "kerasdl", *flags],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 6
    assert done.stderr.startswith("error: cannot read or write output")
    assert "Traceback" not in done.stderr


def test_json_stays_strict_and_alone_on_stdout(tmp_path: Path):
    x, y = X[:, :2], np.ones(60)
    np.savez(tmp_path / "flat.npz", x=x, y=y)
    flags = ["--data", "flat.npz", "--epochs", "1", "--json"]
    done = kerasdl("train", "--preset", "mlp-regression", *flags)
    assert done.returncode == 0, done.stderr

    def refuse(name: str):
        raise ValueError(name)

    json.loads(done.stdout, parse_constant=refuse)


def test_sigterm_is_one_line():
    process = subprocess.Popen(
        [sys.executable, "-m", "kerasdl", "train", "--preset", "mlp", "--epochs", "1000",
         "--set", "training.batch_size=1"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    while not process.stdout.readline().startswith("epoch 1/"):
        pass
    process.terminate()
    _, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (143, "stopped: nothing to resume from\n")


def test_presets_and_env():
    names = [row["name"] for row in json.loads(kerasdl("presets", "--json").stdout)]
    assert names == ["cnn", "mlp", "mlp-regression", "mlp-tabular"]
    assert "[optimizer]" in kerasdl("presets", "show", "mlp").stdout
    shown = json.loads(kerasdl("presets", "show", "mlp", "--json").stdout)
    assert shown["model"]["hidden_units"] == [256, 128]
    environment = json.loads(kerasdl("env", "--json").stdout)
    assert environment["default_backend"] == installed()[0]
    assert set(BACKENDS) <= set(environment["versions"])


def test_every_verb_has_help_json_and_debug():
    for name in cli.VERBS:
        command = cli.group.get_command(click.Context(cli.group), name)
        assert command is not None
        flags = {flag for parameter in command.params for flag in parameter.opts}
        assert {"--json", "--debug"} <= flags, name
        assert command.help


def test_a_reader_that_leaves_is_no_crash():
    done = subprocess.run(
        f"{sys.executable} -m kerasdl presets show mlp | true",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
