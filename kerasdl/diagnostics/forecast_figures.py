"""Figures of forecasts: the error of each step, and some windows."""

import numpy as np

from kerasdl.figures import Figure, Lines

WINDOWS = 3
"""Windows that are shown, at even distances."""
MOST = 6
"""Numbers whose errors are drawn."""


def forecast_figures(
    y: np.ndarray, predicted: np.ndarray, horizon: int, names: list[str]
) -> list[Figure]:
    """Return the error by step, and windows of targets and forecasts.

    Args:
        y: Targets in the units of the data, floats of shape `(windows, steps × numbers)`;
            those of a step are next to one another.
        predicted: Forecasts of the same shape.
        horizon: Steps.
        names: The name of each number.
    """
    steps = [float(step) for step in range(1, horizon + 1)]
    shape = len(y), horizon, -1
    y, predicted = y.reshape(shape), predicted.reshape(shape)
    errors = np.abs(predicted - y).mean(axis=0).T.tolist()[:MOST]
    figures: list[Figure] = []
    if horizon > 1:
        title, label = "Error by step", "mean absolute error"
        figures.append(
            Lines(title, "step", label, names[:MOST], [steps] * len(errors), errors)
        )
    for number in np.unique(np.linspace(0, len(y) - 1, WINDOWS).astype(int)):
        window = [y[number, :, 0].tolist(), predicted[number, :, 0].tolist()]
        title = f"Window {number + 1:,} of {len(y):,}"
        pair = ["target", "forecast"]
        figures.append(Lines(title, "step", names[0], pair, [steps] * 2, window))
    return figures
