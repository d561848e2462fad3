"""Precision, recall and F1 of each class or label."""

from collections.abc import Sequence

import numpy as np

from kerasdl.figures import Cell, Table

MOST_ROWS = 50
"""Classes or labels in the table; those of the lowest F1."""


def score_table(
    what: tuple[str, str, str],
    names: Sequence[str],
    hits: np.ndarray,
    predicted: np.ndarray,
    support: np.ndarray,
) -> Table:
    """Return precision, recall and F1, the lowest F1 first; 0 where there is nothing.

    Args:
        what: Title of the table, what a row is, and what the support is.
        names: Name of each class or label.
        hits: How many examples each is rightly predicted for, integers of shape
            `(names,)`.
        predicted: How many it is predicted for.
        support: How many have it.
    """
    precision = hits / np.maximum(predicted, 1)
    recall = hits / np.maximum(support, 1)
    f1 = 2 * hits / np.maximum(predicted + support, 1)
    rows: list[list[Cell]] = [
        [
            str(names[n]),
            float(precision[n]),
            float(recall[n]),
            float(f1[n]),
            int(support[n]),
        ]
        for n in np.argsort(f1, kind="stable")[:MOST_ROWS].tolist()
    ]
    title, row, examples = what
    left = len(names) - len(rows)
    note = f"{left:,} more {title.lower()}." if left else ""
    return Table(title, [row, "precision", "recall", "F1", examples], rows, note)
