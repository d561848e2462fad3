"""What runs show of themselves leads to their causes."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from kerasdl.diagnostics.causes import Evidence, ranked
from kerasdl.diagnostics.label_errors import ConfidentErrors
from kerasdl.finding import Finding

KEYS = {
    "training.epochs": 20,
    "training.class_weights": "none",
    "optimizer.name": "adamw",
    "optimizer.learning_rate": 3e-3,
    "optimizer.weight_decay": 0.01,
    "optimizer.global_clipnorm": 1.0,
    "model.dropout": 0.2,
    "model.hidden_units": [64, 32],
    "model.activation": "relu",
    "data.standardize": "channel",
    "schedule.warmup_fraction": 0.1,
    "precision.policy": "float32",
}
FAST = 0.1 + 0.9 * 0.5 ** np.arange(20)
"""A loss that has most of its fall in the first epochs."""
RATES = np.minimum(np.arange(1, 21) / 2, 1) * np.linspace(3e-3, 0, 20)


def told(kind: str, what: str, **parts: Any) -> Finding:
    return Finding(kind, what, "a hint", why="a mechanism", **parts)


def run(**given: Any) -> Evidence:
    """Return the evidence of a healthy run, but for what is given."""
    keys = KEYS | given.pop("keys", {})
    losses = given.pop("losses", FAST)
    val_losses = given.pop("val_losses", losses)
    norms = given.pop("norms", np.ones(len(losses)))
    rates = given.pop("rates", RATES)
    columns = zip(losses, val_losses, norms, rates, strict=False)
    names = ("loss", "val_loss", "grad_norm", "learning_rate")
    epochs = [dict(zip(names, map(float, line), strict=True)) for line in columns]
    healthy = Evidence(
        keys, "completed", epochs, {"accuracy": 0.95},
        {"majority_class": 0.3, "logistic_regression": 0.9}, "accuracy", True,
    )  # fmt: skip
    return replace(healthy, **given)


def first(**given: Any) -> str:
    found = ranked(run(**given))
    return found[0].cause if found else ""


def test_a_healthy_run_has_no_cause():
    assert ranked(run()) == []


@pytest.mark.parametrize(
    ("cause", "given"),
    [
        ("learning rate too high", {"status": "diverged"}),
        ("learning rate too high", {"losses": np.linspace(1, 9, 20), "test": {"accuracy": 0.3}}),
        ("learning rate too low", {
            "losses": np.linspace(1, 0.9, 20), "keys": {"optimizer.learning_rate": 1e-6},
        }),
        ("too few epochs", {"losses": FAST[:2], "test": {"accuracy": 0.8}}),
        ("warm-up too long", {"rates": np.linspace(0, 3e-3, 20)}),
        ("too much dropout", {
            "keys": {"model.dropout": 0.8}, "losses": 3 * FAST, "val_losses": FAST,
        }),
        ("overfitting", {
            "val_losses": FAST + np.linspace(0, 1, 20), "test": {"accuracy": 0.8},
        }),
        ("overfitting", {
            "losses": FAST - 0.0999, "val_losses": FAST + 1.0, "better": ["x"],
        }),
        ("too much weight decay", {"keys": {"optimizer.weight_decay": 1.0}}),
        ("augmentation that hurts", {
            "keys": {"data.augment": "standard"}, "losses": 3 * FAST, "val_losses": FAST,
        }),
        ("a spike of the loss", {"losses": np.r_[FAST[:12], 2.0, FAST[13:]]}),
        ("the rate decays too early", {"rates": np.r_[RATES[:8], [1e-6] * 12]}),
        ("batches too large", {
            "keys": {"training.batch_size": 512}, "examples": 600,
            "test": {"accuracy": 0.8},
        }),
        ("the inputs do not tell the targets", {
            "test": {"accuracy": 0.31},
            "baselines": {"majority_class": 0.3, "logistic_regression": 0.33},
        }),
        ("wrong labels", {
            "test": {"accuracy": 0.7}, "errors": ConfidentErrors(0.3, 0.28, 0.2),
            "baselines": {"majority_class": 0.3, "logistic_regression": 0.68},
        }),
        ("all units start equal", {"findings": [told("equal-units", "all 0")]}),
        ("no path for the gradient", {
            "findings": [told("gradient", "it is zero", value=0.0)],
        }),
        ("the loss does not fit the targets", {
            "findings": [told("targets", "1 to 3", severity="error")],
        }),
        ("targets not scaled", {"findings": [told("target-scale", "90,000")]}),
        ("inputs are not finite", {"findings": [told("not-finite", "NaN")]}),
        ("examples in order", {
            "findings": [told("order", "2 times")], "val_losses": FAST + 1.0,
        }),
        ("too little capacity", {
            "keys": {"model.hidden_units": [2]}, "test": {"accuracy": 0.6},
        }),
        ("exploding gradients", {
            "keys": {"optimizer.global_clipnorm": 0}, "norms": [1] * 19 + [1e4],
        }),
        ("numbers beyond float16", {
            "keys": {"precision.policy": "mixed_float16"},
            "findings": [told("skipped", "3 steps were skipped")],
        }),
        ("inputs not scaled", {
            "keys": {"data.standardize": "none"},
            "findings": [told("scale", "a mean of 900")],
        }),
        ("rare classes", {
            "findings": [told("imbalance", "1 %")],
            "test": {"accuracy": 0.99, "balanced_accuracy": 0.5},
        }),
        ("dead units", {"findings": [told("dead-units", "half of them")]}),
        ("saturated units", {
            "keys": {"model.activation": "sigmoid"},
            "findings": [told("saturated", "all of them")],
        }),
        ("a column leaks the target", {"findings": [told("leak", "boat")]}),
    ],
)  # fmt: skip
def test_the_cause_comes_first(cause: str, given: dict[str, Any]):
    assert first(**given) == cause
    hypothesis = ranked(run(**given))[0]
    assert hypothesis.change or hypothesis.advice
    assert 0 < hypothesis.weight <= 1
    assert hypothesis.seen
    assert hypothesis.why


def test_a_finding_that_only_informs_is_no_evidence():
    finding = told("dead-units", "one of 64", severity="info")
    assert ranked(run(findings=[finding])) == []


def test_a_rare_rate_that_falls_short_of_a_baseline_is_too_low():
    losses = 1.5 + 2.6 * 0.55 ** np.arange(10)
    given: dict[str, Any] = {
        "keys": {"optimizer.learning_rate": 2e-6},
        "losses": losses,
        "test": {"accuracy": 0.6},
        "better": ["logistic_regression"],
    }
    assert first(**given) == "learning rate too low"
    assert first(**given | {"better": []}) != "learning rate too low"
    given["keys"] |= {"transfer.weights": "a run"}
    given["keys"]["optimizer.learning_rate"] = 2e-5
    assert first(**given) != "learning rate too low"
