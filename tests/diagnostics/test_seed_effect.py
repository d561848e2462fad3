"""Effects are those of paired t-tests, with all changes at once."""

import numpy as np
import pytest
from scipy import stats

from kerasdl.diagnostics.seed_effect import effects

RNG = np.random.default_rng(0)


def test_of_one_change_it_is_the_interval_of_a_paired_test():
    control, changed = RNG.normal(size=(2, 5))
    found = effects(control, {"rate": changed})["rate"]
    test = stats.ttest_rel(changed, control).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((test.low, test.high))
    assert found.mean == pytest.approx((changed - control).mean())


def test_no_change_helps_by_chance_more_often_than_said():
    """Of four changes that do nothing, at most one in twenty trials confirms any."""
    wrong = 0
    for _ in range(1000):
        control = RNG.normal(size=3)
        changed = {str(n): RNG.normal(size=3) for n in range(4)}
        found = effects(control, changed).values()
        wrong += any(effect.low > 0 or effect.high < 0 for effect in found)
    assert wrong / 1000 < 0.07


def test_a_large_effect_is_seen_with_three_seeds():
    control = [0.10, 0.12, 0.11]
    found = effects(control, {"a": [0.95, 0.96, 0.94], "b": [0.11, 0.11, 0.12]})
    assert found["a"].low > 0.5
    assert found["b"].low < 0 < found["b"].high


def test_a_noisy_change_beside_quiet_ones_is_not_confirmed_by_chance():
    wrong = 0
    for _ in range(1000):
        control = RNG.normal(size=5) * 0.01
        changed = {str(n): RNG.normal(size=5) * 0.01 for n in range(2)}
        found = effects(control, changed | {"noisy": RNG.normal(size=5)})
        wrong += found["noisy"].low > 0
    assert wrong / 1000 < 0.03


def test_a_step_of_one_example_is_not_confirmed():
    found = effects([0.9] * 3, {"a": [0.91] * 3, "b": [0.99] * 3}, finest=0.01)
    assert found["a"].low < 0 < found["b"].low
