"""Gradients, updates and dead units of layers, at the edge of each rule."""

import numpy as np
import pytest

from kerasdl.diagnostics.layer_findings import layer_findings


@pytest.mark.parametrize(
    ("statistics", "kinds"),
    [
        ({}, []),
        ({"gradient_norm": {"a": 100.0, "b": 1e-9}}, []),
        ({"gradient_norm": {"a": 101.0, "b": 1.0}}, ["large-gradient"]),
        ({"gradient_norm": {"a": np.nan, "b": 1.0}}, ["gradient-not-finite"]),
        ({"gradient_norm": {"a": 0.0, "b": 1.0}}, ["no-gradient"]),
        ({"gradient_norm": {"a": 0.0, "b": 0.0}}, []),  # nothing is left to learn
        ({"update_ratio": {"a": 0.1}}, []),
        ({"update_ratio": {"a": 0.11}}, ["large-update"]),
        ({"dead_share": {"a": 0.5}}, []),
        ({"dead_share": {"a": 0.51}}, ["dead-units"]),
        ({"activation_mean": {"a": 1e9}}, []),
    ],
)
def test_rules(statistics: dict, kinds: list[str]):
    assert [each.kind for each in layer_findings(statistics)] == kinds


def test_the_worst_layer_is_named_and_the_others_counted():
    [found] = layer_findings({"gradient_norm": {"a": 200.0, "b": 300.0, "c": 400.0}})
    assert found.what == "the gradient of c and 2 more has the norm 400"
    assert (found.where, found.value) == ("c", 400.0)
