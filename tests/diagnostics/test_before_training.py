"""Findings before training follow from numbers that are made for them."""

import numpy as np
import pytest

from kerasdl.diagnostics.first_steps import first_steps
from kerasdl.diagnostics.gradient_findings import gradient_findings
from kerasdl.diagnostics.unit_findings import unit_findings

ONES, ZEROS = np.ones((3, 4)), np.zeros((3, 4))


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (ONES, ONES, []),
        (ZEROS, ONES, []),  # a branch that begins at zero
        (ZEROS, ZEROS, [("error", "the gradient of a is zero, and stays zero")]),
        (ONES * 28, ONES, []),  # of norm 97
        (ONES * 30, ONES, [("warning", "the gradient of a has the norm 104")]),
        (ONES * np.nan, ONES, [("error", "the gradient of a is not finite")]),
        (ONES * np.inf, ONES, [("error", "the gradient of a is not finite")]),
    ],
)
def test_gradients(before: np.ndarray, after: np.ndarray, told: list):
    found = [*gradient_findings({"a": before}, {"a": after})]
    assert [(each.severity, each.what) for each in found] == told
    assert all(each.hint and each.why and each.rule for each in found)


def test_of_large_gradients_the_largest_is_told():
    gradients = {"a": ONES * 30, "b": ONES * 90, "c": ONES}
    [finding] = gradient_findings(gradients, gradients)
    assert finding.where == "b"
    assert finding.what.endswith("has the norm 312, and 1 more is large")


@pytest.mark.parametrize(
    ("dead", "severity"), [(0, None), (5, None), (6, "warning"), (10, "error")]
)
def test_units(dead: int, severity: str | None):
    outputs = np.abs(np.random.default_rng(0).normal(size=(7, 2, 10))) + 0.1
    outputs[..., :dead] = 0
    outputs[3] = 0  # an example for which all are zero
    found = [*unit_findings({"dense": outputs})]
    assert [each.severity for each in found] == ([severity] if severity else [])
    if severity:
        line = f"{dead} of 10 units of dense are zero for all of 7 examples"
        assert found[0].what == line
        assert found[0].value == dead / 10


@pytest.mark.parametrize(
    ("losses", "of_nothing", "told"),
    [
        ([2.3, 1.0], 2.3, []),
        ([8.0, 1.0], 2.3, [("loss", "warning")]),
        ([80.0, 60.0], 2.3, [("loss", "error")]),
        ([80.0, 1.0], 2.3, [("loss", "warning")]),
        ([80.0, 1.0], None, []),
        ([2.3, 2.2], 2.3, [("one-batch", "warning")]),
        ([2.3, 2.5], 2.3, [("one-batch", "error")]),
        ([2.3, 2.5, np.nan], 2.3, [("loss", "error")]),
        ([np.nan, np.nan], 2.3, [("loss", "error")]),
    ],
)
def test_the_loss_of_one_batch(losses: list, of_nothing: float | None, told: list):
    found = [*first_steps(losses, of_nothing)]
    assert [(each.kind, each.severity) for each in found] == told
    assert all(each.hint and each.why for each in found)
