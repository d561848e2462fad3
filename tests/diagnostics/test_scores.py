"""Scores of predictions, against scikit-learn, closed forms and by hand."""

import numpy as np
import pytest
from scipy.special import softmax
from sklearn import metrics

from kerasdl.diagnostics import scores
from kerasdl.diagnostics.confusion import MAX_CLASSES, confusion
from kerasdl.diagnostics.scores import (
    calibration_error,
    classification_scores,
    reconstruction_scores,
    regression_scores,
)
from kerasdl.tasks.classes import Classes
from kerasdl.tasks.regression import Numbers

RNG = np.random.default_rng(0)


def drawn(count: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    labels = RNG.integers(classes, size=count)
    labels[:classes] = np.arange(classes)
    logits = RNG.normal(size=(count, classes))
    logits[np.arange(count), labels] += 1
    return labels, softmax(logits, axis=-1)


def test_of_two_classes_the_second_is_positive():
    y, p = drawn(80, 2)
    predicted = (p[:, 1] > 0.5).astype(int)
    found = classification_scores(y, p)
    expected = {
        "accuracy": metrics.accuracy_score(y, predicted),
        "roc_auc": metrics.roc_auc_score(y, p[:, 1]),
        "balanced_accuracy": metrics.balanced_accuracy_score(y, predicted),
        "f1": metrics.f1_score(y, predicted, pos_label=1),
        "average_precision": metrics.average_precision_score(y, p[:, 1]),
        "log_loss": -np.log(p[np.arange(80), y]).mean(),
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected)
    turned = classification_scores(1 - y, p[:, ::-1])
    assert turned["roc_auc"] == pytest.approx(found["roc_auc"])
    assert turned["f1"] != found["f1"]


def test_of_several_classes_scores_are_macro_averages():
    y, p = drawn(120, 4)
    predicted = p.argmax(-1)
    found = classification_scores(y, p)
    ones = [y == k for k in range(4)]
    expected = {
        "roc_auc": metrics.roc_auc_score(y, p, multi_class="ovr"),
        "balanced_accuracy": np.mean([predicted[one].__eq__(k).mean() for k, one in enumerate(ones)]),
        "f1": np.mean([metrics.f1_score(one, predicted == k) for k, one in enumerate(ones)]),
        "average_precision": np.mean(
            [metrics.average_precision_score(one, p[:, k]) for k, one in enumerate(ones)]
        ),
    }  # fmt: skip
    assert {name: found[name] for name in expected} == pytest.approx(expected)


def test_what_a_split_leaves_undefined_is_left_out_and_said():
    two, three = Classes(2, ("no", "yes")), Classes(3)
    one = np.zeros(5, int)
    logits = RNG.normal(size=(5, 2))
    assert [*two.score(one, logits)] == [
        "accuracy", "balanced_accuracy", "log_loss", "calibration_error",
    ]  # fmt: skip
    reason = "no example has the class yes"
    undefined = dict.fromkeys(["roc_auc", "average_precision", "f1"], reason)
    assert two.undefined(one) == undefined
    ones = np.ones(5, int)
    assert "f1" in two.score(ones, logits)
    assert [*two.undefined(ones)] == ["roc_auc", "average_precision"]
    labels = np.array([0, 1, 1, 0, 1])
    found = three.score(labels, RNG.normal(size=(5, 3)))
    assert "f1" in found
    assert "roc_auc" not in found
    assert np.isfinite([*found.values()]).all()
    assert three.undefined(labels)["roc_auc"] == "no example has the class 2"
    assert three.undefined(np.arange(3)) == {}
    many = Classes(30).undefined(np.array([0]))["roc_auc"]
    assert many.endswith("19, 20 and 9 more")


def test_too_many_probabilities_are_not_ranked(monkeypatch: pytest.MonkeyPatch):
    y, p = drawn(60, 3)
    monkeypatch.setattr(scores, "MAX_RANKED", 179)
    assert "roc_auc" not in classification_scores(y, p)
    reason = Classes(3).undefined(y)["average_precision"]
    assert reason == "there are more than 179 probabilities"


def test_calibration_error_by_hand():
    confidence = np.array([0.62, 0.62, 0.95, 0.61])
    p = np.stack([confidence, 1 - confidence], axis=-1)
    labels = np.array([0, 1, 0, 0])  # 0.6 to 0.667: 2 of 3 right; 0.95: right
    expected = 3 / 4 * abs(2 / 3 - (0.62 + 0.62 + 0.61) / 3) + 1 / 4 * 0.05
    assert calibration_error(labels, p) == pytest.approx(expected)
    sure = np.eye(2)[[0, 1, 1]]
    assert calibration_error(np.array([0, 1, 1]), sure) == 0
    assert calibration_error(np.array([1, 0, 0]), sure) == 1
    # A bin holds its upper edge: 0.6 is in the ninth of fifteen.
    edge = np.array([[0.6, 0.4], [0.59, 0.41]])
    assert calibration_error(np.array([0, 1]), edge) == pytest.approx(
        abs(0.59 + 0.6 - 1) / 2
    )


def test_a_calibrated_model_has_a_small_calibration_error():
    p = RNG.uniform(0.5, 1, size=100_000)
    labels = (RNG.uniform(size=len(p)) > p).astype(int)
    assert calibration_error(labels, np.stack([p, 1 - p], -1)) < 0.01


def test_numbers():
    y, predicted = RNG.normal(5, 1, size=50), RNG.normal(5, 1, size=50)
    assert regression_scores(y, predicted) == pytest.approx({
        "r2_score": 1 - ((y - predicted) ** 2).sum() / ((y - y.mean()) ** 2).sum(),
        "mean_absolute_error": np.abs(y - predicted).mean(),
        "root_mean_squared_error": np.sqrt(((y - predicted) ** 2).mean()),
        "mean_absolute_percentage_error": np.abs(1 - predicted / y).mean(),
    })  # fmt: skip


@pytest.mark.parametrize(
    ("y", "undefined"),
    [
        ([3.0], {"r2_score": "it needs two examples"}),
        ([3.0, 3.0], {"r2_score": "all targets are equal"}),
        ([0.0, 3.0], {"mean_absolute_percentage_error": "a target is 0"}),
        ([0.0, 0.0, 2.0], {"mean_absolute_percentage_error": "2 targets are 0"}),
    ],
)
def test_numbers_that_leave_a_score_undefined(y: list[float], undefined: dict):
    numbers = Numbers(mean=2.0, scale=0.5)
    encoded = numbers.encode(np.array(y), np.arange(len(y)), "a test")
    assert numbers.undefined(encoded) == undefined
    found = numbers.score(encoded, encoded + 0.1)
    assert len(found) == 4 - len(undefined)
    assert not found.keys() & undefined.keys()
    assert np.isfinite([*found.values()]).all()


def test_reconstruction_is_scored_over_all_features_together():
    y = RNG.normal(size=(50, 2, 3)) * [1, 5, 0.1]
    predicted = y.copy()
    predicted[..., 1] = 0
    left = (y[..., 1] ** 2).sum()
    spread = ((y - y.mean(0)) ** 2).sum()
    found = reconstruction_scores(y, predicted)["r2_score"]
    assert found == pytest.approx(1 - left / spread)
    assert [*reconstruction_scores(y[:1], predicted[:1])] == ["mean_squared_error"]


def test_a_confusion_matrix_has_names_and_a_bounded_size():
    labels, predicted = np.array([0, 0, 1, 2]), np.array([0, 1, 1, 0])
    found = confusion(labels, predicted, ["a", "b", "c"])
    matrix = [[1, 1, 0], [0, 1, 0], [1, 0, 0]]
    assert found == {"classes": ["a", "b", "c"], "confusion_matrix": matrix}
    names = [f"class {n}" for n in range(MAX_CLASSES + 1)]
    found = confusion(labels, np.array([1, 1, 1, 0]), names)
    expected = [["class 0", "class 1", 2], ["class 2", "class 0", 1]]
    assert found == {"confusions": expected}
    same = confusion(labels, labels, names)
    assert same == {"confusions": []}
