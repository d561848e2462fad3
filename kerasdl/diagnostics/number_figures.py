"""Figures of predicted numbers: against the targets, their errors, their intervals."""

from collections.abc import Sequence

import numpy as np

from kerasdl.diagnostics import conformal
from kerasdl.figures import Bars, Cell, Figure, Lines, Table

MOST_DOTS = 500
"""Examples that are drawn; of more, those at even places in the order of targets."""
MOST_BINS = 40
COVERAGES = (0.5, 0.8, 0.9, 0.95)
"""Coverages that are compared with what the intervals hold."""


def number_figures(
    y: np.ndarray,
    predicted: np.ndarray,
    residuals: np.ndarray | None = None,
    name: str = "",
) -> list[Figure]:
    """Return figures of a regression, the most important first.

    Args:
        y: Targets in the units of the data, floats of shape `(examples,)`.
        predicted: Predictions, of the same shape.
        residuals: Residuals of the validation split, to calibrate intervals on.
        name: Name of the number, where there are several.
    """
    of = f" of {name}" if name else ""
    places = np.argsort(y, kind="stable")
    if len(places) > MOST_DOTS:
        places = places[np.linspace(0, len(places) - 1, MOST_DOTS).round().astype(int)]
    errors = predicted - y
    examples = ["examples"]
    figures: list[Figure] = [
        Lines(
            f"Predictions{of}", "target", "prediction", examples,
            [y[places].tolist()], [predicted[places].tolist()],
            diagonal=True, dots=True,
        ),
        error_bars(errors, "prediction − target", of),
        Lines(
            f"Errors by prediction{of}", "prediction", "prediction − target", examples,
            [predicted[places].tolist()], [errors[places].tolist()], dots=True,
            note="A trend or a funnel is something the model has not learned.",
        ),
    ]  # fmt: skip
    if residuals is not None and len(residuals):
        figures.append(coverage_table(errors, conformal.calibrate(residuals), of))
    return figures


def error_bars(errors: np.ndarray, label: str, of: str = "") -> Bars:
    """Return a histogram of errors.

    Args:
        errors: Floats of shape `(examples,)`.
        label: What the errors are.
        of: End of the title.
    """
    edges = np.histogram_bin_edges(errors, "auto")
    if len(edges) > MOST_BINS + 1:
        edges = np.linspace(errors.min(), errors.max(), MOST_BINS + 1)
    counts, edges = np.histogram(errors, edges)
    return Bars(f"Errors{of}", label, edges.tolist(), counts.tolist())


def coverage_table(errors: np.ndarray, residuals: Sequence[float], of: str) -> Table:
    """Return what share of errors lies within intervals of several coverages.

    Args:
        errors: Errors of the test split, floats of shape `(examples,)`.
        residuals: From `conformal.calibrate`, of the validation split.
        of: End of the title.
    """
    rows: list[list[Cell]] = []
    for coverage in COVERAGES:
        if len(residuals) < conformal.least_examples(coverage):
            continue
        radius = conformal.radius(residuals, coverage)
        rows.append([coverage, float((np.abs(errors) <= radius).mean()), radius])
    columns = ["coverage", "measured", "± half width"]
    note = "Intervals are calibrated on the validation split (Lei et al. 2018)."
    return Table(f"Intervals{of}", columns, rows, note)
