"""The rates that a sweep suggests are those that its curve was made of."""

import math

import numpy as np
import pytest

from kerasdl.diagnostics.rate_sweep import (
    MOST_TRIALS,
    RateSweep,
    has_diverged,
    search_rates,
)

RATES = np.geomspace(1e-6, 1, 121)
"""Twenty to a factor of ten."""


def falling(center: float) -> np.ndarray:
    """Return losses whose logarithm falls most steeply at a rate."""
    return np.exp(0.5 / (1 + (RATES / center) ** 2))


@pytest.mark.parametrize("center", [1e-4, 1e-3, 1e-2])
def test_the_steepest_fall_is_where_the_curve_is_steepest(center: float):
    found = RateSweep(RATES, falling(center)).steepest
    assert found == pytest.approx(center, rel=0.2)


def test_a_fall_is_a_factor_not_a_difference():
    """From 1000 to 510 is less than from 510 to 10."""
    first, second = (1 / (1 + (RATES / center) ** 2) for center in (1e-5, 1e-3))
    losses = 10 + 490 * first + 500 * second
    found = RateSweep(RATES, losses).steepest or 0
    assert found > 1e-3


def test_a_rise_behind_the_lowest_loss_is_not_looked_at():
    losses = falling(1e-4)
    losses[90:] += np.linspace(0, 9, 31)
    losses[-6:] = 30  # a drop after the loss diverged is no fall to learn from
    assert RateSweep(RATES, losses).steepest == pytest.approx(1e-4, rel=0.2)


def test_the_valley_is_where_the_loss_is_lowest():
    lowest = RATES[80]
    sweep = RateSweep(RATES, 1 + np.log(RATES / lowest) ** 2)
    assert sweep.valley == pytest.approx(lowest, rel=0.01)
    assert sweep.suggested is None  # nothing was tried


@pytest.mark.parametrize("seed", range(5))
def test_batches_that_differ_change_little(seed: int):
    """A valley of noisy losses is within a factor of two."""
    curve = falling(1e-3) ** 6 + (RATES / 0.03) ** 2  # falls to a twentieth
    noise = np.random.default_rng(seed).lognormal(0, 0.25, len(RATES))
    quiet = RateSweep(RATES, curve).valley or 0
    assert 0.5 < (RateSweep(RATES, curve * noise).valley or 0) / quiet < 2


@pytest.mark.parametrize("best", [3e-5, 2e-3, 0.07, 3.0])
def test_short_runs_find_the_lowest_loss(best: float):
    """Of a parabola exactly, wherever the search begins within two orders."""

    def run(rate: float) -> float:
        return math.exp(0.2 * math.log(rate / best) ** 2 - 1)

    for valley in (best / 50, best, best * 50):
        trials = search_rates(valley, run, 1e-9, 1e9)
        assert len(trials) <= MOST_TRIALS
        found = RateSweep(RATES, falling(1e-3), trials).suggested
        assert found == pytest.approx(best, rel=0.05)


def test_the_lowest_of_runs_that_diverge():
    def run(rate: float) -> float:
        return math.inf if rate > 0.01 else 1 / rate

    sweep = RateSweep(RATES, falling(1e-3), search_rates(0.01, run, 1e-6, 10))
    assert sweep.suggested == 0.01


def test_losses_below_zero_have_a_steepest_fall():
    sweep = RateSweep(RATES, np.log(falling(1e-3)) - 5)
    assert 1e-4 < (sweep.steepest or 0) < 1e-1


def test_a_loss_that_never_falls_suggests_nothing():
    sweep = RateSweep(RATES, np.linspace(1, 2, len(RATES)))
    assert sweep.steepest is None
    assert sweep.valley is None
    assert sweep.suggested is None


def test_one_odd_batch_ends_no_sweep():
    assert not has_diverged([2, 2, 0.4, 2, 2, 2, 2, 2, 2, 5])
    assert has_diverged([2, 2, 2, 2, 2, 2, 9, 9, 9, 9, 9])
    assert has_diverged([2, math.nan])
    assert has_diverged([2, math.inf])
    assert not has_diverged([1, 5])  # so few tell nothing


def test_the_search_goes_down_while_all_diverge_and_stays_in_the_range():
    def run(rate: float) -> float:
        return math.inf if rate > 2e-4 else 1.0

    trials = search_rates(0.01, run, 1e-6, 10)
    assert min(trials) < 2e-4
    assert RateSweep(RATES, falling(1e-3), trials).suggested == min(
        float(f"{rate:.1e}") for rate, loss in trials.items() if loss == 1
    )
    trials = search_rates(0.01, lambda rate: 1 / rate, 1e-6, 0.05)
    assert max(trials) == pytest.approx(0.01 * 10**0.5)
    every = search_rates(0.01, lambda _: math.inf, 1e-6, 10)
    assert RateSweep(RATES, falling(1e-3), every).suggested is None
