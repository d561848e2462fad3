"""A check finds the fault of a run to be, and none in a healthy one."""

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from tests.jobs.helpers import verb
from tests.variants import quickest, variants

SMALL = ("--preset", "mlp", "--set", "model.hidden_units=[16]")


@pytest.mark.parametrize("preset", [*quickest("mlp"), *variants("lstm", "autoencoder")])
def test_a_healthy_preset_has_no_error(preset: str):
    code, said = verb("check", "--preset", preset)
    assert code == 0, said
    assert "no errors found" in said
    assert not Path("runs").exists()


@pytest.mark.variant
def test_inputs_that_are_not_scaled():
    digits = load_digits()
    np.savez("raw.npz", x=digits.data * 1e4, y=digits.target)
    given = (
        "--data",
        "raw.npz",
        "--set",
        "data.standardize=none",
        "--set",
        "model.norm=none",
    )
    code, said = verb("check", *SMALL, *given, "--json")
    assert code == 10, said
    found = json.loads(said.partition("error: ")[0])
    assert found[0]["severity"] == "error"
    assert found[0]["kind"] == "scale"
    assert found[0]["why"]
    assert {"gradient", "loss"} <= {each["kind"] for each in found}
    assert "1 error: the run would not learn — fix what is named" in said


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        (("data.validation_fraction=0", "training.monitor=loss"), "no-validation"),
        (("optimizer.learning_rate=0.5",), "learning-rate"),
        (("training.batch_size=1024", "optimizer.learning_rate=1e-3"), "large-batch"),
        (("optimizer.name=adam", "optimizer.weight_decay=0.01"), "weight-decay"),
        (("training.accumulate=1000",), "accumulate"),
        (("schedule.warmup_steps=100000",), "schedule"),
    ],
)
def test_what_experience_advises_against(settings: tuple[str, ...], kind: str):
    flags = [part for each in settings for part in ("--set", each)]
    _, said = verb("check", *SMALL, *flags, "--json")
    found = json.loads(said.partition("error: ")[0])
    [only] = [each for each in found if each["kind"] == kind]
    assert only["severity"] == "warning"
    assert only["hint"]


@pytest.mark.any_backend
def test_a_network_without_clipping():
    given = ("--preset", "lstm", "--set", "optimizer.global_clipnorm=0", "--json")
    found = json.loads(verb("check", *given)[1])
    assert "no-clipping" in {each["kind"] for each in found}
