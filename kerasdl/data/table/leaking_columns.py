"""Columns that predict the target alone, as a copy of it would."""

import warnings
from collections.abc import Mapping

import numpy as np

from kerasdl.data.preprocessing import Part
from kerasdl.data.table.column_score import LEAKS, column_score, of_classes, of_numbers
from kerasdl.data.table.infer import Inferred
from kerasdl.data.table.table import Table
from kerasdl.data.table.values import READERS, texts_of
from kerasdl.finding import Finding


def leaking_columns(
    train: Part,
    inferred: Mapping[str, Inferred],
    has_classes: bool,
    groups: np.ndarray | None = None,
) -> list[Finding]:
    """Return a finding for each feature that predicts the target nearly perfectly.

    A decision tree of one column is cross-validated on training rows. It predicts
    classes, scored by balanced accuracy with chance at 0, or the ranks of numbers, scored
    by R². Neither depends on how rare a class or how far a number is.

    Args:
        train: The training rows; its `raw` is a `RawTable` of one target.
        inferred: The type of each column but the target.
        has_classes: Whether the targets are classes.
        groups: Group of each row of the table, to keep folds apart; None for no groups.
    """
    raw, asked = train.raw, of_classes if has_classes else of_numbers
    features = {n: each for n, each in inferred.items() if each.type != "ignored"}
    with warnings.catch_warnings(action="ignore"):  # folds without a rare class
        if (question := asked(raw.targets, train.rows, groups)) is None:
            return []
        table = raw.table.take(question.rows)
        scores = {
            name: column_score(_codes(table, name, each), question)
            for name, each in features.items()
        }
    [target] = raw.target_names
    of = "balanced accuracy, chance is 0" if has_classes else "R² of the ranks"
    hint = "name it in data.ignore, unless it is known before the target"
    return [
        Finding(
            "leak",
            f"column {name!r} alone predicts {target!r} nearly perfectly: "
            f"{score:.3f} ({of})",
            hint,
            name,
            score,
            f"< {LEAKS}",
        )
        for name, score in scores.items()
        if score >= LEAKS
    ]


def _codes(table: Table, name: str, inferred: Inferred) -> np.ndarray:
    """Return a column as numbers in the order of its values, of shape `(rows, 1)`.

    A tree needs no more than their order, and float32 holds them exactly.
    """
    if inferred.type in READERS:
        values = READERS[inferred.type](table, name, inferred.spelling)
    else:
        texts = texts_of(table.columns[name], inferred.spelling)
        values = np.array([text or "" for text in texts], object)
    _, codes = np.unique(values, return_inverse=True)
    return codes.astype("float32")[:, None]
