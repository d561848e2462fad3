"""What each verb prints, for people and for machines."""

import contextlib
import json
import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from kerasdl import cli
from kerasdl.backend import BACKENDS, installed
from tests.cli.helpers import kerasdl

PRESETS = Path(__file__).parents[2] / "presets"


def test_evaluate_and_runs_speak_json(straight: str):
    shutil.copytree(straight, "runs/mlp-1")
    result = json.loads(Path("runs/mlp-1/result.json").read_text())
    done = kerasdl("evaluate", "mlp-1", "--json")
    assert json.loads(done.stdout)["accuracy"] == result["test"]["accuracy"]
    [row] = json.loads(kerasdl("runs", "--json").stdout)
    assert row == {"run": "mlp-1", "status": "completed", "test": result["test"]}
    assert "mlp-1" in kerasdl("runs").stdout


def test_plain_lines_when_piped(trained: tuple[str, subprocess.CompletedProcess]):
    path, done = trained
    assert done.stderr == ""
    assert f"run      {path}" in done.stdout  # as it is, and no markup
    lines = done.stdout.splitlines()
    assert sum(line.startswith("epoch ") for line in lines) == 6
    assert "\x1b" not in done.stdout
    assert any(line.startswith("test ") and "accuracy" in line for line in lines)
    assert any("logistic regression" in line for line in lines)


@pytest.mark.slow
def test_a_variable_and_a_flag_that_disagree():
    if len(installed()) < 2:
        pytest.skip("needs two backends")
    one, other = installed()[:2]
    done = kerasdl(
        "train", "--preset", "mlp", "--dry-run", "--backend", one, KERAS_BACKEND=other
    )
    assert f"--backend overrules KERAS_BACKEND={other}" in done.stdout


first, *others = installed()


@pytest.mark.parametrize(
    "backend", [first, *(pytest.param(n, marks=pytest.mark.slow) for n in others)]
)
def test_a_live_bar_on_a_terminal(backend: str):
    """Under a terminal of its own; the bar must not disturb the running steps."""
    leader, follower = pty.openpty()
    flags = ["--preset", "mlp", "--epochs", "5", "--backend", backend, "--no-report"]
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
    assert "epoch 5/5" in text
    assert re.search(r"\d+/100 .*loss \d.* lr \d.*/s", text)


def test_runs_lists_what_is_damaged_too():
    for number, content in enumerate(
        [
            "{",
            "[]",
            '{"test": {"loss": null}}',
            '{"status": "completed", "test": null}',
            '{"status": "completed", "test": "good"}',
            '{"status": "completed", "test": {"loss": "low"}}',
        ],
        start=1,
    ):
        run = Path(f"runs/mlp-{number}")
        run.mkdir(parents=True)
        (run / "config.toml").touch()
        (run / "result.json").write_text(content)
    done = kerasdl("runs")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("damaged") == 6


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


def test_presets_and_env():
    names = [row["name"] for row in json.loads(kerasdl("presets", "--json").stdout)]
    shipped = sorted(path.stem for path in PRESETS.glob("*.toml"))
    assert names == shipped
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
