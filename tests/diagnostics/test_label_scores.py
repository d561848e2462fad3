"""Scores and baselines of labels, against scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics
from sklearn.datasets import load_digits
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.multioutput import MultiOutputClassifier

from kerasdl.data import ArrayExamples
from kerasdl.data.array_preprocessing import ArrayPreprocessing
from kerasdl.diagnostics import label_scores as module
from kerasdl.diagnostics.bootstrap import resamples
from kerasdl.diagnostics.label_baselines import label_classifiers
from kerasdl.diagnostics.label_scores import label_scores
from kerasdl.tasks.labels import Labels

RNG = np.random.default_rng(0)
FEATURES = ArrayPreprocessing((64,), np.zeros(()), np.ones(())).linear_features


def drawn(rows: int = 60, labels: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Return labels, and probabilities of one decimal: many are equal."""
    y = RNG.integers(2, size=(rows, labels))
    return y, np.clip(np.round(RNG.uniform(size=y.shape) + 0.3 * y, 1), 0.05, 0.95)


def logits(p: np.ndarray) -> np.ndarray:
    return np.log(p / (1 - p))


def test_scores_are_macro_averages():
    y, p = drawn()
    predicted = p > 0.5
    expected = {
        "average_precision": metrics.average_precision_score(y, p, average="macro"),
        "roc_auc": metrics.roc_auc_score(y, p, average="macro"),
        "f1": metrics.f1_score(y, predicted, average="macro"),
        "subset_accuracy": metrics.accuracy_score(y, predicted),
        "binary_accuracy": 1 - metrics.hamming_loss(y, predicted),
        "log_loss": -np.log(np.where(y, p, 1 - p)).mean(),
    }
    found = label_scores(y, p)
    assert [*found] == [*expected, "calibration_error"]
    assert {name: found[name] for name in expected} == pytest.approx(expected)
    assert 0 < found["calibration_error"] < 0.5
    sure = label_scores(y, y.astype(float))
    assert (sure["calibration_error"], sure["subset_accuracy"]) == (0, 1)


def test_a_label_of_one_value_is_left_out_and_said():
    y, p = drawn()
    y[:, 1] = 0
    targets = Labels(3, names=("a", "rare", "b"))
    found = targets.score(y, logits(p))
    assert found["roc_auc"] == pytest.approx(
        metrics.roc_auc_score(y[:, ::2], p[:, ::2])
    )
    f1 = metrics.f1_score(y[:, ::2], p[:, ::2] > 0.5, average="macro")
    assert found["f1"] == pytest.approx(f1)
    assert targets.undefined(y) == {}
    reason = "without 'rare', of one value only"
    assert targets.partial(y) == dict.fromkeys(
        ["average_precision", "roc_auc", "f1"], reason
    )
    of_each = targets.details(y, logits(p))["by_label"]
    assert of_each["rare"].keys() == {"positive", "share", "accuracy"}
    assert of_each["b"]["roc_auc"] == pytest.approx(
        metrics.roc_auc_score(y[:, 2], p[:, 2])
    )
    assert of_each["b"]["share"] == y[:, 2].mean()
    none = np.ones((4, 3))
    assert {*targets.undefined(none)} == {"average_precision", "roc_auc", "f1"}
    assert targets.partial(none) == {}
    assert not targets.score(none, none).keys() & targets.undefined(none).keys()


def test_too_many_probabilities_are_not_ranked(monkeypatch: pytest.MonkeyPatch):
    y, p = drawn()
    monkeypatch.setattr(module, "MAX_RANKED", 179)
    found, undefined = label_scores(y, p), Labels(3).undefined(y)
    assert "f1" in found
    assert {*undefined} == {"average_precision", "roc_auc"}
    assert undefined["roc_auc"] == "there are more than 179 probabilities"


def test_resamples_are_those_of_a_loop():
    y, p = drawn(30)
    y[:, 2] = np.arange(30) == 4  # absent from every third resample
    targets, [counts] = Labels(3), resamples(30, 8)
    rows = [np.repeat(np.arange(30), each.astype(int)) for each in counts]
    for name in ("average_precision", "binary_accuracy", "subset_accuracy"):
        found = targets.score_resamples(name, y, logits(p), counts)
        expected = [label_scores(y[r], p[r])[name] for r in rows]
        np.testing.assert_allclose(found, expected)
    assert targets.score_resamples("f1", y, logits(p), counts) is None
    large = np.zeros((40_000, 3))
    assert targets.score_resamples("average_precision", large, large, counts) is None
    one = targets.score_resamples("average_precision", np.ones((30, 3)), p, counts)
    assert np.isnan(one).all()


def test_baselines_are_those_of_scikit_learn():
    """On the bits of digits: eight and nine have the fourth one."""
    x, digits = load_digits(return_X_y=True)
    x, y = x[:120] / 16, (digits[:120, None] >> np.arange(4) & 1).astype("float32")
    examples = [ArrayExamples(x[n::2].astype("float32"), y[n::2]) for n in (0, 1)]
    found = label_classifiers(*examples, FEATURES, Labels(4))
    assert [*found] == ["label_frequencies", "logistic_regression", "boosted_trees"]
    shares = y[::2].mean(0, dtype="float64")
    np.testing.assert_allclose(found["label_frequencies"]["outputs"][0], logits(shares))
    assert found["label_frequencies"]["average_precision"] == pytest.approx(
        y[1::2].mean()
    )
    assert found["label_frequencies"]["roc_auc"] == 0.5
    models = {
        "logistic_regression": LogisticRegression(max_iter=500),
        "boosted_trees": HistGradientBoostingClassifier(random_state=0),
    }
    for name, model in models.items():
        several = MultiOutputClassifier(model).fit(x[::2].astype("float32"), y[::2])
        p = np.stack([each[:, 1] for each in several.predict_proba(x[1::2])], axis=-1)
        expected = metrics.average_precision_score(y[1::2], p)
        assert found[name]["average_precision"] == pytest.approx(expected, rel=1e-4)
    assert found["logistic_regression"]["converged"] is True


def test_a_label_that_training_has_one_value_of_costs_no_baseline():
    x = RNG.normal(size=(40, 64)).astype("float32")
    y = np.stack([x[:, 0] > 0, np.zeros(40), np.ones(40)], axis=-1).astype("float32")
    train = ArrayExamples(x, y)
    test = ArrayExamples(x, np.stack([y[:, 0], y[:, 0], y[:, 0]], axis=-1))
    for scores in label_classifiers(train, test, FEATURES, Labels(3)).values():
        assert np.isfinite(scores["log_loss"])
        assert (scores["outputs"][:, 1:] == [-np.inf, np.inf]).all()
