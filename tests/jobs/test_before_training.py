"""Training says errors before the first step; `--strict` ends there."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from kerasdl.jobs.before_training import before_training
from kerasdl.jobs.build_session import build_session
from kerasdl.jobs.habits import training_habits
from tests.jobs.helpers import config, verb_apart

pytestmark = pytest.mark.any_backend
RAW = ("data.name=raw.npz", "data.standardize=none", "model.norm=none")
SMALL = ("model.hidden_units=[4]", "training.epochs=1")


def settings(*texts: str) -> list[str]:
    return [part for text in texts for part in ("--set", text)]


def test_inputs_that_are_not_scaled():
    digits = load_digits()
    np.savez("raw.npz", x=digits.data[:400] * 1e4, y=digits.target[:400])
    given = "train", "--preset", "mlp", *settings(*RAW, *SMALL)
    code, _, said = verb_apart(*given, "--strict")
    assert code == 10
    assert "error: 1 error before training: feature" in said
    assert "standardise the inputs" in said
    assert not Path("runs").exists()
    code, _, said = verb_apart(*given)
    assert code in (0, 8)  # it trains, and may diverge
    assert "of inputs has a mean or a deviation of" in said


@pytest.mark.parametrize("preset", ["mlp", "lstm", "realmlp", "gpt-tiny"])
def test_a_healthy_preset_says_nothing(preset: str):
    assert [*before_training(build_session(config(preset)))] == []


def test_a_device_for_16_bits(monkeypatch: pytest.MonkeyPatch):
    from kerasdl import backend

    module = backend.current()
    monkeypatch.setattr(module, "devices", lambda: ["cuda:0"])
    chosen = build_session(config("mlp"))
    [found] = training_habits(chosen.config)
    assert (found.kind, found.severity) == ("precision", "info")
    assert "cuda:0" in found.what
    assert [*before_training(chosen)] == []
