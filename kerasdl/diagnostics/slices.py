"""Scores of slices of the data, the worst first."""

import math
from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np

from kerasdl.diagnostics.mean_interval import mean_interval
from kerasdl.figures import Cell, Table

SMALLEST = 10
"""Examples of a slice, at least."""
MOST = 15
"""Slices that are shown."""
QUANTILES = 4
"""Parts of a column of numbers."""
MOST_VALUES = 20
"""Different values of a column whose values are slices."""


def slices(
    columns: Mapping[str, np.ndarray],
    scores: np.ndarray,
    score: str,
    higher_is_better: bool,
) -> Table | None:
    """Return the mean score of slices of the examples, the worst first.

    A slice is a value of a column of few values, or a quarter of a column of numbers.

    Args:
        columns: Columns of shape `(examples,)`, numbers or objects, by name.
        scores: The score of each example, floats of shape `(examples,)`.
        score: Name of the score.
        higher_is_better: Whether a higher score is better.

    Returns:
        The slices that are worse than all examples; None if there are no slices.
    """
    whole, is_share = float(scores.mean()), bool(np.isin(scores, (0, 1)).all())
    rows: list[list[Cell]] = []
    for name, column in columns.items():
        for value, mask in slices_of(column):
            if SMALLEST <= (count := int(mask.sum())) < len(scores):
                rows.append(
                    [f"{name} {value}", *mean_interval(scores[mask], is_share), count]
                )
    if not rows:
        return None
    rows.sort(key=lambda row: (row[1] if higher_is_better else -row[1], row[0]))  # pyright: ignore
    worse = [row for row in rows if (row[1] < whole) == higher_is_better]  # pyright: ignore
    note = (
        f"All {len(scores):,} examples: {whole:.4g}. low and high are a 95 % interval."
    )
    title = f"Slices by {score}, the worst first"
    return Table(title, ["slice", score, "low", "high", "examples"], worse[:MOST], note)


def slices_of(column: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the name of each slice of a column, and its examples."""
    if (numbers := _as_numbers(column)) is not None:
        finite = numbers[np.isfinite(numbers)]
        edges = np.unique(np.quantile(finite, np.linspace(0, 1, QUANTILES + 1)))
        for low, high in pairwise(edges):
            below = numbers <= high if high == edges[-1] else numbers < high
            yield f"{low:.4g} to {high:.4g}", (numbers >= low) & below
        return
    texts = np.array(["missing" if _is_missing(v) else str(v) for v in column], object)
    values = sorted(set(texts.tolist()))
    if 1 < len(values) <= MOST_VALUES:
        for value in values:
            yield f"= {value}", texts == value


def _as_numbers(column: np.ndarray) -> np.ndarray | None:
    """Return many different numbers, or texts of numbers, as float64; else None."""
    values = ["nan" if _is_missing(value) else value for value in column.tolist()]
    if len(set(values)) <= MOST_VALUES:
        return None
    try:
        numbers = np.array([float(value) for value in values])
    except (TypeError, ValueError):
        return None
    return numbers if np.isfinite(numbers).sum() > MOST_VALUES else None


def _is_missing(value: object) -> bool:
    return value in (None, "") or (isinstance(value, float) and math.isnan(value))
