"""Curves of the layers show what was measured, and nothing between."""

from kerasdl.report.contents import curves
from kerasdl.report.layer_curves import layer_curves

EPOCHS = [
    {"epoch": 0, "loss": 1.0},
    {"epoch": 1, "loss": 0.5, "gradient_norm/a/b": 2.0, "dead_share/a": 0.25},
    {"epoch": 2, "loss": 0.4},
    {"epoch": 3, "loss": 0.3, "gradient_norm/a/b": None, "gradient_norm/c": 4.0},
]


def test_each_statistic_over_the_epochs_that_measured_it():
    norms, dead = layer_curves(EPOCHS)
    assert (norms.names, norms.x) == (["a/b", "c"], [[2, 4], [2, 4]])
    assert norms.y == [[2.0, None], [None, 4.0]]
    assert (dead.names, dead.x, dead.y) == (["a"], [[2]], [[0.25]])


def test_other_curves_leave_them_out():
    assert [each.title for each in curves(EPOCHS)] == ["Loss"]


def test_of_many_layers_some_are_drawn():
    line = {"epoch": 0, **{f"update_ratio/{n}": 0.1 for n in range(50)}}
    [figure] = layer_curves([line])
    assert figure.names == ["0", "10", "20", "29", "39", "49"]
    assert figure.note == "6 of 50 layers."
