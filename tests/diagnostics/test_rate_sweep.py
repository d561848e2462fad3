"""The rates that a sweep suggests are those that its curve was made of."""

import itertools

import numpy as np
import pytest

from kerasdl.diagnostics import rate_sweep
from kerasdl.diagnostics.rate_sweep import RateSweep

RATES = np.geomspace(1e-6, 1, 121)
"""Twenty to a factor of ten."""


def falling(center: float) -> np.ndarray:
    """Return losses that fall most steeply at a rate, as a logistic function does."""
    return 1 / (1 + (RATES / center) ** 2)


@pytest.mark.parametrize("center", [1e-4, 1e-3, 1e-2])
def test_the_steepest_fall_is_where_the_curve_is_steepest(center: float):
    found = RateSweep(RATES, falling(center)).steepest
    assert found == pytest.approx(center, rel=0.15)


def test_a_rise_behind_the_lowest_loss_is_not_looked_at():
    losses = falling(1e-4)
    losses[90:] += np.linspace(0, 9, 31)
    losses[-1] = -50  # a drop after the loss diverged is no fall to learn from
    losses[-3:] = 30
    assert RateSweep(RATES, losses).steepest == pytest.approx(1e-4, rel=0.15)


def test_the_valley_is_two_thirds_down_the_longest_fall():
    levels = np.linspace(0.9, 1, 30), np.linspace(1, 0, 61), np.linspace(0, 0.3, 30)
    sweep = RateSweep(RATES, np.concatenate(levels))
    low, high = RATES[66], RATES[74]  # smoothing rounds the corners off
    assert low <= (sweep.valley or 0) <= high
    assert sweep.suggested == pytest.approx(
        ((sweep.steepest or 0) * (sweep.valley or 0)) ** 0.5, rel=0.05
    )


@pytest.mark.parametrize("seed", range(20))
def test_the_longest_fall_is_that_of_a_search(seed: int):
    values = np.random.default_rng(seed).normal(size=9)
    longest = max(
        len(places)
        for count in range(1, 10)
        for places in itertools.combinations(range(9), count)
        if (np.diff(values[[*places]]) < 0).all()
    )
    begin, end = rate_sweep._longest_fall(values)
    assert (end > begin) == (longest > 1)
    inside = [
        places
        for places in itertools.combinations(range(begin, end + 1), longest)
        if (np.diff(values[[*places]]) < 0).all()
    ]
    assert any(places[0] == begin and places[-1] == end for places in inside)


def test_a_loss_that_never_falls_suggests_nothing():
    sweep = RateSweep(RATES, np.linspace(1, 2, len(RATES)))
    assert sweep.steepest is None
    assert sweep.valley is None
    assert sweep.suggested is None
