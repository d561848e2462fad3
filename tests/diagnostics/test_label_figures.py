"""Figures of several labels, against scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics

from kerasdl.diagnostics.label_figures import label_figures
from kerasdl.figures import Lines, Table

RNG = np.random.default_rng(0)
TRUTH = RNG.integers(2, size=(300, 3)).astype("float32")
TRUTH[:, 2] = 0  # a label that no example has
SHARES = np.clip(0.6 * TRUTH + RNG.random((300, 3)) * 0.6, 0, 1)


def test_each_label_is_that_of_scikit_learn():
    table, curves = label_figures(TRUTH, SHARES, ["calm", "sad", "none"])
    assert isinstance(table, Table)
    assert isinstance(curves, Lines)
    for place, name in enumerate(["calm", "sad", "none"]):
        [row] = [row for row in table.rows if row[0] == name]
        truth, given = TRUTH[:, place] == 1, SHARES[:, place] >= 0.5
        assert row[3] == pytest.approx(metrics.f1_score(truth, given, zero_division=0))
        assert row[4] == truth.sum()
    assert table.rows[0][0] == "none"
    areas = [
        f"{name} (AUC {metrics.roc_auc_score(TRUTH[:, n], SHARES[:, n]):.3f})"
        for n, name in enumerate(["calm", "sad"])
    ]
    assert {*curves.names} == {*areas}


def test_one_label_is_enough():
    table, curves = label_figures(TRUTH[:, :1], SHARES[:, :1], ["calm"])
    assert isinstance(table, Table)
    assert isinstance(curves, Lines)
    given = SHARES[:, 0] >= 0.5
    f1 = metrics.f1_score(TRUTH[:, 0], given)
    assert table.rows[0][3] == pytest.approx(f1)
    assert len(table.rows) == len(curves.names) == 1
