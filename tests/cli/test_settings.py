"""Settings of the machine that change what Keras computes are said, and not followed."""

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from kerasdl.cli import parity, verify
from kerasdl.errors import ConfigError
from tests.cli.helpers import kerasdl

SETTINGS = {"floatx": "float64", "epsilon": 0.1, "image_data_format": "channels_first"}


@pytest.fixture
def variables() -> dict[str, str]:
    Path("home").mkdir()
    Path("home/keras.json").write_text(json.dumps(SETTINGS))
    limits = {"KERAS_MAX_EPOCHS": "1", "KERAS_MAX_STEPS_PER_EPOCH": "1"}
    return {"KERAS_HOME": str(Path("home").resolve()), **limits}


def scores(run: str) -> list[dict[str, float]]:
    lines = [
        json.loads(line) for line in Path(run, "metrics.jsonl").read_text().splitlines()
    ]
    return [
        {name: line[name] for name in ("step", "loss", "val_loss")} for line in lines
    ]


@pytest.mark.slow
def test_a_run_is_the_same_on_any_machine(variables):
    flags = ["--preset", "plain-cnn", "--epochs", "2", "--batch-size", "256"]
    flags += ["--set", "model.filters=[4]"]
    for run, given in (("plain", {}), ("elsewhere", variables)):
        done = kerasdl("train", *flags, "--run-dir", run, **given)
        assert done.returncode == 0, done.stderr
        warnings = done.stderr.splitlines()
        assert len(warnings) == (5 if given else 0)
        assert all(line.startswith("warning: ") for line in warnings)
    assert scores("plain") == scores("elsewhere")
    assert len(scores("plain")) == 2
    events = Path("elsewhere", "events.jsonl").read_text()
    for name in (*SETTINGS, "KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH"):
        assert f"{name}=" in done.stderr
        assert f"{name}=" in events


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [(parity, ["--backends", "jax,torch"]), (verify, ["--resume", "--backend", "jax"])],
)
def test_verbs_whose_workers_follow_none_say_so(
    verb, arguments, variables, monkeypatch
):
    def stop(*_):
        raise ConfigError("stopped", "here")

    name = "parity" if verb is parity else "verify_resume"
    monkeypatch.setattr(f"kerasdl.jobs.{name}.{name}", stop)
    module = sys.modules["kerasdl.backend.select"]
    monkeypatch.setattr(module, "installed", lambda: ["jax", "torch"])
    done = CliRunner().invoke(
        verb.command, ["--preset", "mlp", *arguments], env=variables
    )
    assert "warning: KERAS_MAX_EPOCHS=1 is ignored" in done.stderr
    assert "warning: floatx=float64 in" in done.stderr
