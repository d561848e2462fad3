"""How well one column predicts the targets, as a copy of them would."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from kerasdl.data.table.sample import sample

LEAKS = 0.97
"""Score from which a column leaks: 1 is perfect, 0 is chance."""
DOUBT = 0.05
"""A column whose score on one fold is lower than `LEAKS` by this is not looked at
again."""
ROWS = 2000
"""Training rows that are looked at."""
FOLDS = 3
MAX_CLASSES = 20
"""The most frequent classes that are looked at."""
MIN_ROWS = 30
"""Rows below which a column may predict the target by chance."""


class Question(NamedTuple):
    """What the columns are asked to predict.

    Args:
        rows: Row numbers of shape `(rows,)`.
        y: Class number or rank of the target of each row.
        folds: Training and test positions in `rows` for each fold.
        tree: Returns an unfitted tree.
        score: Returns 1 for perfect predictions and 0 for those of chance.
    """

    rows: np.ndarray
    y: np.ndarray
    folds: list[tuple[np.ndarray, np.ndarray]]
    tree: Callable[[], Any]
    score: Callable[[np.ndarray, np.ndarray], float]


def of_classes(
    targets: np.ndarray, rows: np.ndarray, groups: np.ndarray | None
) -> Question | None:
    """Return the question for classes, each with as many rows; None for too few."""
    from sklearn.metrics import balanced_accuracy_score
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
    from sklearn.tree import DecisionTreeClassifier

    _, codes, counts = np.unique(targets[rows], return_inverse=True, return_counts=True)
    common = np.argsort(-counts, kind="stable")[:MAX_CLASSES]
    common = common[counts[common] >= 2 * FOLDS]
    most = ROWS // max(1, len(common))
    members = [np.flatnonzero(codes == code) for code in common]
    of_class = [member[sample(len(member), most)] for member in members]
    if len(of_class) < 2 or sum(map(len, of_class)) < MIN_ROWS:
        return None
    chosen = np.concatenate(of_class)
    rows, y = rows[chosen], codes[chosen]
    cut = StratifiedKFold if groups is None else StratifiedGroupKFold
    folds = _folds(cut(FOLDS, shuffle=True, random_state=0), y, rows, groups)
    if folds is None:
        return None
    return Question(
        rows,
        y,
        folds,
        lambda: DecisionTreeClassifier(
            class_weight="balanced", min_samples_leaf=2, random_state=0
        ),
        lambda y, predicted: balanced_accuracy_score(y, predicted, adjusted=True),
    )


def of_numbers(
    targets: np.ndarray, rows: np.ndarray, groups: np.ndarray | None
) -> Question | None:
    """Return the question for numbers; None for too few rows."""
    from scipy.stats import rankdata
    from sklearn.metrics import r2_score
    from sklearn.model_selection import GroupKFold, KFold
    from sklearn.tree import DecisionTreeRegressor

    rows = rows[sample(len(rows), ROWS)]
    y = rankdata(targets[rows])
    if len(rows) < MIN_ROWS or (y == y[0]).all():
        return None
    cut = KFold(FOLDS, shuffle=True, random_state=0)
    if groups is not None:
        cut = GroupKFold(FOLDS)
    if (folds := _folds(cut, y, rows, groups)) is None:
        return None
    return Question(
        rows,
        y,
        folds,
        lambda: DecisionTreeRegressor(min_samples_leaf=2, random_state=0),
        r2_score,
    )


def _folds(
    cut: Any, y: np.ndarray, rows: np.ndarray, groups: np.ndarray | None
) -> list[tuple[np.ndarray, np.ndarray]] | None:
    """Return the folds, or None if there are too few groups."""
    if groups is None:
        return [*cut.split(y, y)]
    if len({*groups[rows]}) < 2 * FOLDS:
        return None
    _, numbers = np.unique(groups[rows], return_inverse=True)
    return [*cut.split(y, y, numbers)]


def column_score(x: np.ndarray, question: Question) -> float:
    """Return the cross-validated score of a column, or that of the first fold."""
    y, predicted = question.y, np.empty_like(question.y)
    for number, (train, test) in enumerate(question.folds):
        predicted[test] = question.tree().fit(x[train], y[train]).predict(x[test])
        if number == 0:
            first = question.score(y[test], predicted[test])
            if first < LEAKS - DOUBT:
                return float(first)
    return float(question.score(y, predicted))
