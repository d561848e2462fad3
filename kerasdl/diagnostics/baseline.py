"""Scores of simple baseline models that a network should beat."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.decomposition import PCA
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge

from kerasdl.data import Examples
from kerasdl.data.ahead import in_order
from kerasdl.data.targets import Targets
from kerasdl.diagnostics.boosting import boosted_trees, rows_for_trees
from kerasdl.diagnostics.scores import reconstruction_scores, regression_scores
from kerasdl.diagnostics.streamed_reconstruction import StreamedReconstruction

MAX_EXAMPLES = 10_000
"""Training examples of a linear model; more would hardly help and take too long."""

MIN_EXAMPLES = 100
MAX_NUMBERS = 400_000_000
"""Limit of examples × features × classes; larger linear models take too long."""
MAX_STREAMED_NUMBERS = 16_000_000
"""Limit of examples × features that are read into memory for linear models."""
TEST_ROWS = 256
"""Test examples that are read at a time if they are not in memory."""

Features = Callable[[Examples, Examples, np.ndarray], tuple[str, Any, Any]]
Baselines = dict[str, dict[str, Any]]
"""For each model: its test metrics; `examples`, which it learned from; `of`, the number
they are a sample of; and `outputs`, what a network would return for the test examples."""


def classifiers(
    train: Examples, test: Examples, features: Features, targets: Targets
) -> Baselines:
    """Score simple classifiers on the test split.

    Args:
        train: Training examples with labels.
        test: Test examples.
        features: Returns what a linear model reads; see `Preprocessing.linear_features`.
        targets: The classes; their `score` takes logits.

    Returns:
        The majority class, logistic regression and boosted trees. Each of the latter is
        skipped where it would take too long. Their outputs are log-probabilities.
    """
    rows, count = sample(train), targets.num_outputs or 1
    encoded, y_test = known_targets(train), known_targets(test)
    y = encoded[rows]
    prefix, x, x_test = features(train, test, rows)
    models: dict[str, Any] = {"majority_class": DummyClassifier(strategy="prior")}
    if is_small_enough(x, len(np.unique(encoded))):
        models[f"{prefix}logistic_regression"] = LogisticRegression(max_iter=500)
    fitted = {name: (fit(m, x, y), x_test, len(y)) for name, m in models.items()}
    if (rows := rows_for_trees(train, 1 if count <= 2 else count)) is not None:
        x, y = train.take(rows)
        trees = fit(boosted_trees(y), x, y)
        fitted["boosted_trees"] = trees, inputs_of(test), len(rows)
    baselines: Baselines = {}
    for name, (model, inputs, examples) in fitted.items():
        probabilities = np.zeros((len(y_test), count))
        probabilities[:, model.classes_] = applied(model.predict_proba, inputs)
        with np.errstate(divide="ignore"):
            outputs = np.log(probabilities)
        scores = targets.score(y_test, outputs) | examples_used(examples, len(train))
        if isinstance(model, LogisticRegression):
            scores["converged"] = bool(max(model.n_iter_) < model.max_iter)
        baselines[name] = scores | {"outputs": outputs}
    return baselines


def regressors(
    train: Examples,
    test: Examples,
    features: Features,
    decode: Callable[[np.ndarray], np.ndarray],
) -> Baselines:
    """Score simple models of numbers on the test split.

    Args:
        train: Training examples.
        test: Test examples.
        features: Returns what a linear model reads; see `Preprocessing.linear_features`.
        decode: Converts encoded targets to their original units, of shape `(examples,)`
            or `(examples, targets)`.

    Returns:
        The mean, ridge regression and boosted trees. Each of the latter is skipped where
        it would take too long. Their outputs are in the original units.
    """
    y, y_test = decode(known_targets(train)), decode(known_targets(test))
    rows = sample(train)
    prefix, linear, linear_test = features(train, test, rows)
    models: dict[str, Any] = {"mean": (DummyRegressor(), linear, linear_test, rows)}
    if is_small_enough(linear):
        name = f"{prefix}ridge_regression"
        models[name] = Ridge(alpha=1.0), linear, linear_test, rows
    ensembles = 1 if y.ndim == 1 else y.shape[1]
    if (tree_rows := rows_for_trees(train, ensembles)) is not None:
        of_trees = _flat(train.take(tree_rows)[0]), inputs_of(test), tree_rows
        models["boosted_trees"] = boosted_trees(y), *of_trees
    baselines: Baselines = {}
    for name, (model, inputs, inputs_test, rows) in models.items():
        fitted = fit(model, inputs, y[rows])
        predicted = applied(fitted.predict, inputs_test).reshape(y_test.shape)
        scores = regression_scores(y_test, predicted)
        scores |= examples_used(len(rows), len(train))
        baselines[name] = scores | {"outputs": predicted}
    return baselines


def reconstruction_baselines(
    train: Examples, test: Examples, components: int
) -> Baselines:
    """Score the best linear reconstruction, by principal components.

    Args:
        train: Training examples.
        test: Test examples.
        components: Number of components; capped by the shape of the data.

    Returns:
        Scores of PCA; empty above `MAX_NUMBERS`. It has no outputs if the test examples
        do not fit in memory.
    """
    rows = sample(train)
    x = _flat(train.take(rows)[0])
    if not is_small_enough(x):
        return {}
    components = min(components, *x.shape)
    pca = PCA(components, random_state=0).fit(x)

    def rebuilt(inputs: np.ndarray) -> np.ndarray:
        return pca.inverse_transform(pca.transform(_flat(inputs)))

    found = {"components": components} | examples_used(len(x), len(train))
    if (whole := test.resident()) is None:
        streamed = StreamedReconstruction()
        for inputs, *_ in in_order(test, TEST_ROWS):
            streamed.add(inputs, rebuilt(inputs))
        return {"pca": streamed.scores() | found}
    reconstruction = rebuilt(whole[0])
    scores = reconstruction_scores(whole[0], reconstruction) | found
    return {"pca": scores | {"outputs": reconstruction.reshape(whole[0].shape)}}


def _flat(x: np.ndarray) -> np.ndarray:
    return x.reshape(len(x), -1)


def known_targets(examples: Examples) -> np.ndarray:
    """Return all targets of a task that is given some."""
    encoded = examples.targets()
    if encoded is None:
        return np.concatenate([y for _, y, *_ in in_order(examples, TEST_ROWS)])
    return encoded


def inputs_of(test: Examples) -> Any:
    """Return inputs of shape `(examples, features)`, or examples too many for memory."""
    whole = test.resident()
    return test if whole is None else _flat(whole[0])


def applied(function: Callable[[Any], np.ndarray], inputs: Any) -> np.ndarray:
    """Return what a function returns for what `inputs_of` returns."""
    if not isinstance(inputs, Examples):
        return function(inputs)
    batches = in_order(inputs, TEST_ROWS)
    return np.concatenate([function(_flat(x)) for x, *_ in batches])


def sample(train: Examples) -> np.ndarray:
    """Return all row numbers, or a random sample of at most `MAX_EXAMPLES`.

    There are fewer of large examples that are not in memory.
    """
    most = MAX_EXAMPLES
    if train.resident() is None:
        numbers = np.size(train.take(np.arange(1))[0])
        most = min(most, max(MIN_EXAMPLES, MAX_STREAMED_NUMBERS // numbers))
    if len(train) <= most:
        return np.arange(len(train))
    return np.random.default_rng(0).choice(len(train), most, replace=False)


def is_small_enough(x: np.ndarray, classes: int = 1) -> bool:
    """Return whether a linear model of some classes, or labels, takes little time."""
    return x.size * classes <= MAX_NUMBERS


def fit(model: Any, x: Any, y: np.ndarray) -> Any:
    """Fit and return a model; the baseline's entry reports whether it converged."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(x, y)


def examples_used(count: int, total: int) -> dict[str, Any]:
    """Return how many examples a model learned from, and of how many if of a sample."""
    return {"examples": count} | ({"of": total} if count < total else {})
