"""Findings of inputs, weights, rates and precision, at the edge of each rule."""

import numpy as np
import pytest

from kerasdl.diagnostics.equal_units import equal_units
from kerasdl.diagnostics.imprecise_gradients import imprecise_gradients
from kerasdl.diagnostics.input_findings import input_findings
from kerasdl.diagnostics.rate_findings import rate_findings
from kerasdl.diagnostics.saturation_findings import (
    saturation_findings,
    vanishing_gradient,
)

ONES = np.ones((4, 3))
RANDOM = np.random.default_rng(0).normal(size=(4, 3))


@pytest.mark.parametrize(
    ("offset", "seen", "told"),
    [
        (49, None, []),
        (51, None, ["warning"]),
        (1001, None, ["error"]),
        (1001, 2.0, []),  # as scaled by a first layer
        (np.nan, None, ["error"]),
    ],
)
def test_inputs(offset: float, seen: float | None, told: list[str]):
    found = [*input_findings({"inputs": ONES * offset}, seen)]
    assert [each.severity for each in found] == told


def test_texts_and_empty_inputs_have_no_scale():
    assert not [*input_findings({"a": np.array(["x"]), "b": np.zeros((0, 3))})]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (ONES, ONES, 1),
        (ONES, ONES + 0.5, 1),  # learned as one unit
        (ONES, ONES + 0.5 + 1e-6 * RANDOM, 1),  # but for rounding
        (ONES, RANDOM, 0),
        (RANDOM, RANDOM, 0),
        (ONES, None, 1),
        (RANDOM, None, 0),
        (ONES[:, :1], ONES[:, :1], 0),  # of one unit
    ],
)
def test_equal_units(before: np.ndarray, after: np.ndarray | None, told: int):
    later = None if after is None else {"kernel": after}
    assert len([*equal_units({"kernel": before}, later)]) == told


def test_one_random_kernel_breaks_the_symmetry():
    assert not [*equal_units({"a": RANDOM, "b": ONES})]
    assert len([*equal_units({"a": ONES, "b": ONES})]) == 2


@pytest.mark.parametrize(
    ("share", "told"), [(0.5, []), (0.6, ["warning"]), (0.95, ["error"])]
)
def test_saturated(share: float, told: list[str]):
    outputs = np.full(100, 0.5)
    outputs[: round(100 * share)] = np.where(
        np.arange(round(100 * share)) % 2, 0, 0.995
    )
    found = [*saturation_findings({"a": (outputs, 0.0, 1.0)})]
    assert [each.severity for each in found] == told


def test_a_gradient_that_vanishes():
    def told(*shares: float) -> list[str]:
        steps = [{"a": share * ONES, "bias": ONES[0], "b": ONES} for share in shares]
        return [each.severity for each in vanishing_gradient(*steps)]

    assert told(2e-3) == []
    assert told(5e-4) == ["warning"]
    assert told(5e-6, 1) == ["error"]
    assert told(0, 1) == []  # a branch that begins at zero
    assert told(0, 0) == []  # which other findings say


@pytest.mark.parametrize(
    ("name", "rate", "told"),
    [
        ("adam", 0.1, []),
        ("adam", 0.2, ["warning"]),
        ("adam", 1.1, ["error"]),
        ("adamw", 1e-8, ["error"]),
        ("sgd", 10, []),
        ("sgd", 11, ["warning"]),
        ("adadelta", 1.0, []),
        ("adagrad", 0.0, ["error"]),
        ("adam", float("nan"), []),
    ],
)
def test_rates(name: str, rate: float, told: list[str]):
    assert [each.severity for each in rate_findings(name, rate)] == told


def test_precision():
    double = {"a": RANDOM, "b": 1e-9 * RANDOM}
    single = {"a": RANDOM * 1.05, "b": 5e-6 * RANDOM}  # b is rounding next to a
    assert not [*imprecise_gradients(single, double, "torch")]
    [found] = imprecise_gradients({**single, "a": 2 * RANDOM}, double, "torch")
    assert found.where == "a"
    assert found.value == pytest.approx(1)
    assert "under torch" in found.what
