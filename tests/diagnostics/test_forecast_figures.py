"""Figures of forecasts keep steps and numbers apart."""

import numpy as np
import pytest

from kerasdl.diagnostics.forecast_figures import forecast_figures
from kerasdl.figures import Lines


def test_errors_by_step_and_windows():
    y = np.arange(5 * 3 * 2, dtype="float64").reshape(5, 6)  # 3 steps of 2 numbers
    off = np.array([1, 10, 2, 20, 3, 30])
    errors, *windows = forecast_figures(y, y + off, 3, ["sun", "rain"])
    assert isinstance(errors, Lines)
    assert errors.names == ["sun", "rain"]
    assert errors.y == [pytest.approx([1, 2, 3]), pytest.approx([10, 20, 30])]
    assert [window.title for window in windows] == [
        "Window 1 of 5", "Window 3 of 5", "Window 5 of 5",
    ]  # fmt: skip
    last = windows[-1]
    assert isinstance(last, Lines)
    assert last.y == [[24, 26, 28], [25, 28, 31]]


def test_one_step_is_drawn_over_the_last_windows():
    y = np.arange(130.0)[:, None]
    [figure] = forecast_figures(y, y + 0.5, 1, ["sun"])
    assert isinstance(figure, Lines)
    assert figure.title == "The last 100 of 130 forecasts"
    assert figure.x == [[*range(31, 131)]] * 2
    assert figure.y == [[*range(30, 130)], [n + 0.5 for n in range(30, 130)]]
