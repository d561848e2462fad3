"""A dropout rate that is kept for half of training, and then falls to zero."""

import keras
import numpy as np
import pytest

from kerasdl import accelerate
from kerasdl.layers import Dropout, ScheduledDropout
from kerasdl.layers.scheduled_dropout import MOST_RATES, set_total_steps
from tests.layers.test_dropout import masks
from tests.layers.test_random_bits import reference


def expected_rate(rate: float, step: int, total: int) -> float:
    return rate * 0.5 * (1 + np.cos(np.pi * max(0.0, 2 * min(step / total, 1) - 1)))


def test_the_mask_is_that_of_dropout_at_the_rate_of_the_step():
    ours = masks(ScheduledDropout(0.4, 8, seed=42), (6, 50), 8)
    for step, mask in enumerate(ours):
        rate = expected_rate(0.4, step, 8)
        kept = reference(300, 42, step).reshape(6, 50) >= round(rate * 2**32) - 2**31
        assert np.array_equal(mask, np.where(kept, np.float32(1 / (1 - rate)), 0))
    assert np.array_equal(ours[:5], masks(Dropout(0.4, seed=42), (6, 50), 5))


def test_after_the_end_the_last_rate_is_kept():
    layer = ScheduledDropout(0.9, 2, seed=1)
    shares = [(mask == 0).mean() for mask in masks(layer, (100, 100), 4)]
    assert shares == pytest.approx([0.9, 0.9, 0.9, 0.9], abs=0.02)
    layer = ScheduledDropout(0.9, 4, seed=1)
    shares = [(mask == 0).mean() for mask in masks(layer, (100, 100), 6)]
    assert shares == pytest.approx([0.9] * 3 + [0.45] * 3, abs=0.02)


@pytest.mark.any_backend
def test_long_trainings_pass_through_as_many_rates():
    """A step late at most, of those that share a rate."""
    total, rate = 10 * MOST_RATES + 7, 0.5
    layer = ScheduledDropout(rate, total, seed=0)
    for step in (0, total // 2, total * 3 // 4, total - 1):
        layer.seed_generator.state.assign([0, step])
        drawn = (masks(layer, (500, 500), 1) == 0).mean()
        assert drawn == pytest.approx(expected_rate(rate, step, total), abs=0.005)


def test_without_a_number_of_steps_it_is_dropout():
    ours, plain = ScheduledDropout(0.3, seed=5), Dropout(0.3, seed=5)
    assert np.array_equal(masks(ours, (9, 9), 3), masks(plain, (9, 9), 3))
    ones = np.ones((2, 3), "float32")
    assert np.array_equal(keras.ops.convert_to_numpy(ours(ones)), ones)
    none = ScheduledDropout(0.0, 3)
    assert np.array_equal(masks(none, (2, 3), 2), [ones, ones])


def network() -> keras.Model:
    keras.utils.set_random_seed(0)
    parts = [keras.layers.Dense(8), ScheduledDropout(0.5, seed=3, name="drop")]
    return keras.Sequential([keras.Input((4,)), *parts, keras.layers.Dense(1)])


X = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")


def fitted(model: keras.Model, *, fused: bool, epochs: int) -> list[np.ndarray]:
    model.compile("sgd", "mse")
    if fused:
        accelerate(model, report=pytest.fail)
    model.fit(X, X[:, :1], 4, epochs=epochs, shuffle=False, verbose=0)
    return model.get_weights()


@pytest.mark.variant
def test_a_fused_fit_in_two_parts_is_that_of_keras():
    plain, ours, other = network(), network(), network()
    for model in (plain, ours):
        set_total_steps(model, 16)
    expected = fitted(plain, fused=False, epochs=2)
    fitted(ours, fused=True, epochs=1)
    ours.fit(X, X[:, :1], 4, shuffle=False, verbose=0)
    for one, same in zip(ours.get_weights(), expected, strict=True):
        np.testing.assert_allclose(one, same, rtol=0, atol=1e-6)
    without = fitted(other, fused=True, epochs=2)
    assert not np.allclose(without[0], expected[0], atol=1e-4)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [((1.0, 3), "0 ≤ rate < 1"), ((0.5, 0), r"`total_steps` \(=0\)")],
)
def test_what_is_out_of_range_is_refused(arguments: tuple, complaint: str):
    with pytest.raises(ValueError, match=complaint):
        ScheduledDropout(*arguments)
