"""Figures of forecasts: the error of each step, and some windows."""

import numpy as np

from kerasdl.figures import Figure, Lines

WINDOWS = 3
"""Windows that are shown, at even distances."""
MOST_STEPS = 100
"""Windows of one step that are shown."""
MOST = 6
"""Numbers whose errors are drawn."""


def forecast_figures(
    y: np.ndarray, predicted: np.ndarray, horizon: int, names: list[str]
) -> list[Figure]:
    """Return the error by step, and some targets and forecasts.

    Args:
        y: Targets in the units of the data, floats of shape `(windows, steps × numbers)`;
            those of a step are next to one another.
        predicted: Forecasts of the same shape.
        horizon: Steps.
        names: The name of each number.
    """
    shape = len(y), horizon, -1
    y, predicted = y.reshape(shape), predicted.reshape(shape)
    if horizon == 1:
        return [_one_step(y[:, 0, 0], predicted[:, 0, 0], names[0])]
    errors = np.abs(predicted - y).mean(axis=0).T.tolist()[:MOST]
    steps = [[float(step) for step in range(1, horizon + 1)]] * len(errors)
    title, label = "Error by step", "mean absolute error"
    by_step = Lines(title, "step", label, names[:MOST], steps, errors)
    return [by_step, *_windows(y[..., 0], predicted[..., 0], names[0])]


def _one_step(y: np.ndarray, predicted: np.ndarray, name: str) -> Lines:
    """Return the targets and forecasts of the last windows as one chart."""
    shown = range(max(0, len(y) - MOST_STEPS), len(y))
    pair = [values[shown.start :].tolist() for values in (y, predicted)]
    places = [float(number + 1) for number in shown]
    title = f"The last {len(shown):,} of {len(y):,} forecasts"
    return Lines(title, "window", name, ["target", "forecast"], [places] * 2, pair)


def _windows(y: np.ndarray, predicted: np.ndarray, name: str) -> list[Figure]:
    """Return some windows of targets and forecasts, each as a chart."""
    steps = [float(step) for step in range(1, y.shape[1] + 1)]
    figures: list[Figure] = []
    for number in np.unique(np.linspace(0, len(y) - 1, WINDOWS).astype(int)):
        window = [y[number].tolist(), predicted[number].tolist()]
        title = f"Window {number + 1:,} of {len(y):,}"
        pair = ["target", "forecast"]
        figures.append(Lines(title, "step", name, pair, [steps] * 2, window))
    return figures
