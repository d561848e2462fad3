"""Permutation importance is scikit-learn's, and groups keep together."""

import numpy as np
from scipy import stats
from sklearn.datasets import load_wine
from sklearn.inspection import permutation_importance as of_sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from kerasdl.diagnostics.permutation import importance_figure, permutation_importance

x, y = load_wine(return_X_y=True)
x = StandardScaler().fit_transform(x)
model = LogisticRegression().fit(x, y)


def scores(versions: np.ndarray) -> np.ndarray:
    return np.array([model.score(inputs, y) for inputs in versions])


def test_single_features_are_as_in_scikit_learn():
    groups = {str(n): mask for n, mask in enumerate(np.eye(13) > 0)}
    found = permutation_importance(scores, x, groups, seed=7, repeats=4)
    expected = of_sklearn(model, x, y, n_repeats=4, random_state=7)
    np.testing.assert_allclose(found, expected["importances"], atol=1e-12)
    assert found.max() > 0.05


def test_the_features_of_a_group_move_together():
    """Their sum, of two copies with opposite signs, stays 0 however they move."""
    twice = np.stack([x[:, 0], -x[:, 0], x[:, 1]], 1)
    groups = {
        "pair": np.array([True, True, False]),
        "one": np.array([True, False, False]),
    }
    found = permutation_importance(
        lambda z: -np.abs(z[..., 0] + z[..., 1]).max(1), twice, groups, seed=0
    )
    assert (found[0] == 0).all()
    assert (found[1] > 0.1).all()


def test_the_inputs_stay_as_they_were():
    before = x.copy()
    permutation_importance(scores, x, {"all": np.ones(13, bool)}, seed=0)
    assert (x == before).all()


def test_intervals_are_those_of_student():
    falls = np.array([[0.1, 0.2, 0.3], [0.5, 0.5, 0.5]])
    figure = importance_figure(["a", "b"], falls, "fall of accuracy", 10)
    assert figure.names == ["b", "a"]
    np.testing.assert_allclose(figure.values, [0.5, 0.2])
    low, high = stats.t.interval(0.95, 2, 0.2, stats.sem(falls[0]))
    np.testing.assert_allclose((figure.lows[1], figure.highs[1]), (low, high))
    assert (figure.lows[0], figure.highs[0]) == (0.5, 0.5)
