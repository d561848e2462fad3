"""Presets as estimators of scikit-learn."""

import copy
import pickle

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_linnerud
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from kerasdl.sklearn import KerasDLClassifier, KerasDLRegressor

SMALL = {"epochs": 12, "batch_size": 8, "lr": 0.02}
ROUNDED = {
    "check_methods_subset_invariance": "float32 rounds otherwise in another batch",
    "check_methods_sample_order_invariance": "float32 rounds otherwise in another batch",
}


@pytest.mark.any_backend
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:there are too few examples")
@parametrize_with_checks(
    [KerasDLClassifier(**SMALL), KerasDLRegressor(**SMALL)],
    expected_failed_checks=lambda estimator: ROUNDED,
)
def test_what_scikit_learn_asks_of_an_estimator(estimator, check):
    check(estimator)


@pytest.mark.variant
def test_a_search_in_a_pipeline_finds_the_better_key():
    x, y = load_breast_cancer(return_X_y=True)
    names = np.array(["malignant", "benign"])[y]
    pipeline = make_pipeline(StandardScaler(), KerasDLClassifier(epochs=3, lr=0.01))
    grid = {"kerasdlclassifier__optimizer.learning_rate": [1e-6, 0.01]}
    search = GridSearchCV(pipeline, grid, cv=2).fit(x[:200], names[:200])
    assert [*search.best_params_.values()] == [0.01]
    assert search.score(x[200:], names[200:]) > 0.9
    shares = search.predict_proba(x[200:])
    np.testing.assert_allclose(shares.sum(1), 1, rtol=1e-6)
    np.testing.assert_array_equal(
        search.classes_[shares.argmax(1)], search.predict(x[200:])
    )


@pytest.mark.variant
def test_the_numbers_of_a_regressor_are_in_units_of_the_data():
    x, y = load_diabetes(return_X_y=True)
    network = KerasDLRegressor("mlp-regression", epochs=15, batch_size=16, lr=0.01)
    score = network.fit(x[:300], y[:300]).score(x[300:], y[300:])
    assert score > Ridge().fit(x[:300], y[:300]).score(x[300:], y[300:]) - 0.1


@pytest.mark.slow
@pytest.mark.variant
def test_a_copy_predicts_the_same():
    x, y = load_diabetes(return_X_y=True)
    network = KerasDLRegressor(epochs=1, random_state=3).fit(x, y)
    again = KerasDLRegressor(epochs=1, random_state=3).fit(x, y)
    expected = network.predict(x)
    for other in (again, copy.deepcopy(network), pickle.loads(pickle.dumps(network))):
        np.testing.assert_array_equal(other.predict(x), expected)
    other = KerasDLRegressor(epochs=1, random_state=4).fit(x, y)
    assert not np.array_equal(other.predict(x), expected)


@pytest.mark.slow
@pytest.mark.variant
def test_weights_of_classes_name_the_labels():
    x, y = np.random.default_rng(0).normal(size=(60, 2)), np.arange(60) % 6 == 0
    x[y] += 0.5
    recalls = []
    for labels, weights in (
        (y.astype(int), "none"),
        (y.astype(float), {1: np.float64(9), 0: np.int32(1)}),
        (np.where(y, "a", "b"), {"b": 1.0, "a": 9.0}),
    ):
        keys = {"training.class_weights": weights, "model.hidden_units": [4]}
        network = KerasDLClassifier(epochs=6, batch_size=16, lr=0.05, **keys)
        predicted = network.fit(x, labels).predict(x)
        recalls.append((predicted[y] == labels[y]).mean())
        assert network.get_params()["training.class_weights"] is weights
    assert min(recalls[1:]) > recalls[0]
    with pytest.raises(
        ValueError, match=r"has weights for 0, and the classes are 0, 1"
    ):
        KerasDLClassifier(**{"training.class_weights": {0: 2}}).fit(x, y.astype(int))
    with pytest.raises(ValueError, match="must be 'none' or 'balanced', or"):
        KerasDLClassifier(**{"training.class_weights": {1, 2}}).fit(x, y)


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"epoch": 3}, "epoch"),
        ({"model.dropuot": 0.1}, "dropout"),
        ({"preset": "mpl"}, "mlp"),
        ({"lr": 7}, "learning_rate"),
        ({"data.task": "regression"}, r"no argument 'data\.task'"),
        ({"data.kind": "table"}, r"no argument 'data\.kind'"),
        ({"data.num_classes": 3}, r"no argument 'data\.num_classes'"),
    ],
)
def test_keys_are_checked_when_it_is_fitted(keys: dict, words: str):
    with pytest.raises(ValueError, match=words):
        KerasDLClassifier(**keys).fit(np.eye(4), [0, 1, 0, 1])


@pytest.mark.any_backend
def test_a_name_that_is_no_argument_cannot_be_set():
    with pytest.raises(ValueError, match="epoch"):
        KerasDLClassifier().set_params(epoch=3)
    assert (
        KerasDLClassifier()
        .set_params(**{"model.dropout": 0.1})
        .get_params()["model.dropout"]
        == 0.1
    )


@pytest.mark.variant
def test_several_numbers_are_predicted_at_once():
    x, y = load_linnerud(return_X_y=True)
    network = KerasDLRegressor("mlp-regression", epochs=2).fit(x, y)
    predicted = network.predict(x)
    assert predicted.shape == y.shape
    assert network.score(x, y) == r2_score(y, predicted)
    assert KerasDLRegressor().__sklearn_tags__().target_tags.multi_output
    alone, column = (
        KerasDLRegressor(epochs=1).fit(x, part).predict(x)
        for part in (y[:, 0], y[:, :1])
    )
    np.testing.assert_array_equal(alone, column[:, 0])
