"""Figures of numbers: all examples are drawn or counted, intervals hold what they hold."""

import numpy as np
import pytest

from kerasdl.diagnostics.number_figures import number_figures
from kerasdl.figures import Bars, Lines, Table

RNG = np.random.default_rng(0)
Y = RNG.normal(size=2000)
PREDICTED = Y + RNG.normal(size=2000) * 0.1


def test_errors_and_predictions():
    dots, bars, trend = number_figures(Y, PREDICTED)
    assert isinstance(dots, Lines)
    assert isinstance(bars, Bars)
    assert isinstance(trend, Lines)
    assert len(dots.x[0]) == 500
    assert (dots.x[0][0], dots.x[0][-1]) == (Y.min(), Y.max())
    assert sum(bars.counts) == 2000
    assert len(bars.counts) <= 40
    assert bars.edges[0] == pytest.approx((PREDICTED - Y).min())


def test_intervals_hold_their_coverage():
    residuals = RNG.normal(size=500) * 0.1
    table = number_figures(Y, PREDICTED, residuals)[-1]
    assert isinstance(table, Table)
    for coverage, measured, radius in table.rows:
        assert measured == pytest.approx(coverage, abs=0.06)
        assert measured == (np.abs(PREDICTED - Y) <= radius).mean()


def test_equal_errors_are_one_bar():
    bars = number_figures(Y, Y)[1]
    assert isinstance(bars, Bars)
    assert max(bars.counts) == sum(bars.counts) == 2000
