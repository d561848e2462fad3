"""Figures of classifiers, against scikit-learn and closed forms."""

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import expit, softmax
from sklearn import metrics

from kerasdl.diagnostics.class_figures import class_figures, rankings
from kerasdl.diagnostics.reliability import reliability
from kerasdl.diagnostics.temperature import calibration_table, fit_temperature
from kerasdl.figures import Lines, Matrix, Table

RNG = np.random.default_rng(0)
LABELS = RNG.integers(3, size=200)
LOGITS = RNG.normal(size=(200, 3)) + 2 * np.eye(3)[LABELS]
NAMES = ["ant", "bee", "cat"]


def test_each_class_and_the_confusions_are_those_of_scikit_learn():
    table, matrix, *_ = class_figures(LABELS, LOGITS, NAMES)
    assert isinstance(table, Table)
    assert isinstance(matrix, Matrix)
    predicted = LOGITS.argmax(-1)
    report = metrics.classification_report(
        LABELS, predicted, target_names=NAMES, output_dict=True
    )
    for name, *values in table.rows:
        expected = [report[name][k] for k in ("precision", "recall", "f1-score")]
        assert values == pytest.approx([*expected, report[name]["support"]])
    assert [row[3] for row in table.rows] == sorted(row[3] for row in table.rows)
    assert matrix.values == metrics.confusion_matrix(LABELS, predicted).tolist()


def test_curves_have_the_area_that_they_name():
    roc, recall = rankings(LABELS, softmax(LOGITS, -1), NAMES)
    assert isinstance(roc, Lines)
    assert isinstance(recall, Lines)
    for name, x, y in zip(roc.names, roc.x, roc.y, strict=True):
        assert f"AUC {metrics.auc(x, y):.3f}" in name
        assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)
    assert roc.names[0].startswith(recall.names[0])


def test_one_class_alone_ranks_nothing():
    assert rankings(np.zeros(5, int), np.full((5, 3), 1 / 3), NAMES) == []


def test_of_two_classes_the_second_ranks():
    labels, shares = LABELS % 2, softmax(LOGITS[:, :2], -1)
    roc, _ = rankings(labels, shares, NAMES[:2])
    assert isinstance(roc, Lines)
    area = metrics.roc_auc_score(labels, shares[:, 1])
    assert roc.names == [f"bee (AUC {area:.3f})"]


def test_of_many_classes_the_worst_are_drawn():
    names = [f"class {n}" for n in range(9)]
    labels = np.arange(90) % 9
    logits = RNG.normal(size=(90, 9)) + np.eye(9)[labels] * np.arange(9)
    shares = softmax(logits, -1)
    areas = [metrics.roc_auc_score(labels == n, shares[:, n]) for n in range(9)]
    worst = [names[n] for n in np.argsort(areas)[:6]]
    roc, recall = rankings(labels, shares, names)
    assert isinstance(recall, Lines)
    assert recall.names == worst
    assert roc.note == recall.note == "The 6 classes of 9 that rank worst."


def test_of_too_many_classes_the_worst_are_told():
    names = [*map(str, range(60))]
    table, *_ = class_figures(np.arange(60), np.eye(60)[::-1], names)
    assert isinstance(table, Table)
    assert len(table.rows) == 50
    assert table.note == "10 more classes."


def test_reliability_by_hand():
    shares = np.array([[0.9, 0.1], [0.9, 0.1], [0.3, 0.7], [0.45, 0.55]])
    figure = reliability(np.array([0, 1, 1, 0]), shares, bins=2)
    assert figure.x[0] == pytest.approx([np.mean([0.9, 0.9, 0.7, 0.55])])
    assert figure.y[0] == pytest.approx([0.5])


def test_the_temperature_solves_its_equation():
    """At the optimum the mean logit of the labels is that of the model's shares."""
    temperature = fit_temperature(LABELS, 3 * LOGITS)

    def slope(t: float) -> float:
        shares = softmax(3 * LOGITS / t, -1)
        own = LOGITS[np.arange(len(LABELS)), LABELS]
        return float((own - (shares * LOGITS).sum(-1)).mean())

    assert temperature == pytest.approx(brentq(slope, 0.1, 19), rel=1e-4)


def test_the_temperature_undoes_a_scale():
    rng = np.random.default_rng(1)
    logit = rng.normal(size=50_000) * 2
    labels = (rng.random(50_000) < expit(logit)).astype(int)
    logits = np.stack([np.zeros_like(logit), 4 * logit], -1)
    assert fit_temperature(labels, logits) == pytest.approx(4, rel=0.05)
    half = slice(None, None, 2), slice(1, None, 2)
    table = calibration_table(*(a[s] for s in half for a in (labels, logits)))
    before, after = table.rows
    assert before[0] == 1
    assert isinstance(before[1], float)
    assert isinstance(after[1], float)
    assert after[1] < 0.02 < before[1]
