"""Scores of simple models of labels, one model for each label."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression

from kerasdl.data import Examples
from kerasdl.data.targets import Targets
from kerasdl.diagnostics.baseline import (
    Baselines,
    Features,
    applied,
    examples_used,
    fit,
    inputs_of,
    is_small_enough,
    known_targets,
    sample,
)
from kerasdl.diagnostics.boosting import boosted_trees, rows_for_trees


def label_classifiers(
    train: Examples, test: Examples, features: Features, targets: Targets
) -> Baselines:
    """Score simple classifiers of each label on the test split.

    Args:
        train: Training examples with labels of shape `(examples, labels)`.
        test: Test examples.
        features: Returns what a linear model reads; see `Preprocessing.linear_features`.
        targets: The labels; their `score` takes logits.

    Returns:
        The frequency of each label, logistic regression and boosted trees. Each of the
        latter is skipped where it would take too long. Their outputs are logits.
    """
    rows, count = sample(train), targets.num_outputs or 1
    y, y_test = known_targets(train)[rows].astype(int), known_targets(test)
    prefix, x, x_test = features(train, test, rows)
    models = {"label_frequencies": ([_frequency() for _ in y.T], x, x_test, y)}
    if is_small_enough(x, count):
        linear = [
            _model(each, partial(LogisticRegression, max_iter=500)) for each in y.T
        ]
        models[f"{prefix}logistic_regression"] = linear, x, x_test, y
    if (rows := rows_for_trees(train, count)) is not None:
        x, y = train.take(rows)
        y = y.astype(int)
        trees = [_model(each, partial(boosted_trees, each)) for each in y.T]
        models["boosted_trees"] = trees, x, inputs_of(test), y
    baselines: Baselines = {}
    for name, (of_each, x, x_test, y) in models.items():
        outputs = np.empty((len(y_test), count))
        for place, model in enumerate(of_each):
            outputs[:, place] = _logits(fit(model, x, y[:, place]), x_test)
        scores = targets.score(y_test, outputs) | examples_used(len(y), len(train))
        if linear := [m for m in of_each if isinstance(m, LogisticRegression)]:
            scores["converged"] = all(max(m.n_iter_) < m.max_iter for m in linear)
        baselines[name] = scores | {"outputs": outputs}
    return baselines


def _model(y: np.ndarray, create: Callable[[], Any]) -> Any:
    """Return a model of a label, or its frequency if it has one value only."""
    return _frequency() if (y == y[0]).all() else create()


def _frequency() -> Any:
    return DummyClassifier(strategy="prior")


def _logits(model: Any, x: Any) -> np.ndarray:
    """Return the log-odds of 1, of shape `(examples,)`."""
    shares = applied(model.predict_proba, x)
    positive = shares[:, [*model.classes_].index(1)] if 1 in model.classes_ else 0
    with np.errstate(divide="ignore"):
        return np.log(positive) - np.log1p(-np.asarray(positive))
