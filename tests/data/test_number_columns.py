"""Several numbers as target, against scikit-learn and one number at a time."""

from typing import Any

import numpy as np
import pytest
from sklearn import metrics
from sklearn.datasets import load_linnerud
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from kerasdl.data import ArrayExamples
from kerasdl.data.array_preprocessing import ArrayPreprocessing
from kerasdl.data.signature import Input
from kerasdl.diagnostics.baseline import regressors
from kerasdl.diagnostics.bootstrap import resamples
from kerasdl.errors import DataError
from kerasdl.tasks.number_columns import NumberColumns
from kerasdl.tasks.regression import Regression

X, Y = load_linnerud(return_X_y=True)
ROWS = np.arange(len(Y))
NAMES = ("weight", "waist", "pulse")
RNG = np.random.default_rng(0)
NUMBERS = ArrayPreprocessing((3,), np.zeros(()), np.ones(())).linear_features
SCORES = {
    "r2_score": metrics.r2_score,
    "mean_absolute_error": metrics.mean_absolute_error,
    "root_mean_squared_error": metrics.root_mean_squared_error,
    "mean_absolute_percentage_error": metrics.mean_absolute_percentage_error,
}


def fitted(y: np.ndarray = Y, names: tuple[str, ...] = NAMES) -> Any:
    task = Regression()
    task.check(y, "auto", "a test")
    signature = {"inputs": Input((3,))}
    rows = np.arange(len(y))
    return task.fit(y, rows, signature, "auto", "a test").named(names)


TARGETS = fitted()
ENCODED = TARGETS.encode(Y, ROWS, "a test")
OUTPUTS = ENCODED + RNG.normal(size=ENCODED.shape).astype("float32")


def test_each_is_standardised_by_itself():
    expected = StandardScaler().fit_transform(Y)
    np.testing.assert_allclose(ENCODED, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(TARGETS.decode(ENCODED), Y, rtol=1e-6)
    np.testing.assert_allclose(TARGETS.standardised(Y), ENCODED, atol=1e-6)
    bounds = np.array(TARGETS.output_range).reshape(3, 2)
    np.testing.assert_allclose(bounds[:, 0], ENCODED.min(0), rtol=1e-6)
    np.testing.assert_allclose(bounds[:, 1], ENCODED.max(0), rtol=1e-6)
    assert TARGETS.output_shape((3,)) == (3,)
    assert [*TARGETS.predictions(X, OUTPUTS)] == [f"prediction {n}" for n in NAMES]
    unnamed = fitted(names=())
    assert next(iter(unnamed.predictions(X, OUTPUTS))) == "prediction 0"


def test_scores_are_the_uniform_average():
    predicted = TARGETS.decode(OUTPUTS)
    found = TARGETS.score(ENCODED, OUTPUTS)
    expected = {
        name: score(Y, predicted, multioutput="uniform_average")
        for name, score in SCORES.items()
    }
    assert found == pytest.approx(expected, rel=1e-4)
    of_each = TARGETS.details(ENCODED, OUTPUTS)["by_target"]
    assert [*of_each] == [*NAMES]
    for place, name in enumerate(NAMES):
        y, own = Y[:, place], predicted[:, place]
        expected = {name: score(y, own) for name, score in SCORES.items()}
        assert of_each[name] == pytest.approx(expected, rel=1e-4)


def test_resamples_are_those_of_a_loop():
    [counts] = resamples(len(Y), 8)
    predicted = TARGETS.decode(OUTPUTS)
    for name in ("r2_score", "mean_absolute_error"):
        found = TARGETS.score_resamples(name, ENCODED, OUTPUTS, counts)
        rows = [np.repeat(ROWS, each.astype(int)) for each in counts]
        expected = [SCORES[name](Y[r], predicted[r]) for r in rows]
        np.testing.assert_allclose(found, expected, rtol=1e-4)
    assert TARGETS.score_resamples("f1", ENCODED, OUTPUTS, counts) is None


def test_a_score_that_one_number_leaves_undefined_is_left_out():
    y = np.array([[1.0, 0.0, 3.0], [2.0, 0.0, 3.0]])
    encoded = TARGETS.encode(y, np.arange(2), "a test")
    assert TARGETS.undefined(encoded) == {
        "r2_score": "all targets are equal in 'waist'",
        "mean_absolute_percentage_error": "2 targets are 0 in 'waist'",
    }
    found = TARGETS.score(encoded, encoded + 0.1)
    assert [*found] == ["mean_absolute_error", "root_mean_squared_error"]


def test_intervals_are_those_of_each():
    residuals = TARGETS.residuals(ENCODED, OUTPUTS)
    np.testing.assert_allclose(residuals, Y - TARGETS.decode(OUTPUTS), rtol=1e-4)
    of_each = [[float(n)] * 19 for n in (1, 2, 3)]
    bounds = TARGETS.calibrated(X, OUTPUTS, of_each, 0.9)
    assert TARGETS.calibrated(X, OUTPUTS, of_each, None) == {}
    assert [*bounds][:3] == ["low weight", "high weight", "low waist"]
    width = bounds["high pulse"] - bounds["low pulse"]
    np.testing.assert_allclose(width, 6, rtol=1e-6)


def test_baselines_learn_each_number():
    examples = [ArrayExamples(X[n::2], ENCODED[n::2]) for n in (0, 1)]
    found = regressors(*examples, NUMBERS, TARGETS.decode)
    y, y_test = Y[::2], Y[1::2]
    predicted = {
        "mean": np.tile(y.mean(0), (len(y_test), 1)),
        "ridge_regression": Ridge().fit(X[::2], y).predict(X[1::2]),
        "boosted_trees": np.stack(
            [
                HistGradientBoostingRegressor(random_state=0)
                .fit(X[::2], column)
                .predict(X[1::2])
                for column in y.T
            ],
            axis=-1,
        ),
    }
    assert found.keys() == predicted.keys()
    for name, expected in predicted.items():
        np.testing.assert_allclose(found[name]["outputs"], expected, rtol=1e-5)
        score = metrics.mean_absolute_error(y_test, expected)
        assert found[name]["mean_absolute_error"] == pytest.approx(score, rel=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ((3, 1, np.nan), r"y is nan at row 3, column 1 in a test, not a finite"),
        ((3, 1, 1e30), r"y is 1e\+30 at row 3, column 1 in a test, too far"),
    ],
)
def test_a_wrong_number_is_named_by_row_and_column(change: Any, message: str):
    row, column, value = change
    y = Y.copy()
    y[row, column] = value
    with pytest.raises(DataError, match=message):
        TARGETS.encode(y, ROWS, "a test")


@pytest.mark.parametrize("shape", [(20, 2), (20,), (20, 3, 1)])
def test_other_shapes_are_refused(shape: tuple[int, ...]):
    with pytest.raises(DataError, match=r"y has shape .* give y the shape \(20, 3\)"):
        TARGETS.encode(np.zeros(shape), ROWS, "a test")
    with pytest.raises(DataError, match=r"give y the shape \(20, targets\)"):
        Regression().check(np.zeros((20, 0)), "auto", "a test")


@pytest.mark.parametrize(
    "damage",
    [
        {"columns": []},
        {"columns": [{"mean": 1.0, "scale": 0.0}] * 3},
        {"columns": [{"mean": 1.0}] * 3},
        {"columns": 3},
        {"names": ["a"]},
        {"names": [1, 2, 3]},
        {"low": 1.0},
    ],
)
def test_damage_is_refused(damage: dict[str, Any]):
    values = TARGETS.to_json()
    assert Regression().targets_from_json(values) == TARGETS
    with pytest.raises((TypeError, ValueError)):
        Regression().targets_from_json(values | damage)


def test_one_column_is_one_number():
    single, several = fitted(Y[:, 0]), fitted(Y[:, :1], ())
    assert isinstance(several, NumberColumns)
    np.testing.assert_array_equal(
        several.encode(Y[:, :1], ROWS, "a test"), single.encode(Y[:, 0], ROWS, "a test")
    )
