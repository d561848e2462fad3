"""Spikes, plateaus and overfitting, at the edge of each rule."""

import numpy as np
import pytest

from kerasdl.diagnostics.loss_findings import (
    PATIENCE,
    RISING,
    WINDOWS,
    is_spike,
    overfitting,
    plateau,
)

NOISE = 1 + 0.2 * np.random.default_rng(0).normal(size=1000)
FALLING = [1 / (1 + n) for n in range(30)]


def test_a_spike_is_an_outlier_of_the_hampel_identifier():
    former = NOISE[:WINDOWS]
    median = np.median(former)
    deviation = 1.4826 * np.median(np.abs(former - median))
    assert not is_spike([*former], median + 5.9 * deviation)
    assert is_spike([*former], median + 6.1 * deviation)
    assert not is_spike([*former], median - 6.1 * deviation)
    assert not is_spike([*former[1:]], median + 100)


def test_noise_and_a_falling_loss_have_no_spikes():
    places = range(WINDOWS, len(NOISE))
    for losses in ([*NOISE], [*(NOISE / np.arange(1, 1001))], [2.0] * 1000):
        assert not any(is_spike(losses[:n], losses[n]) for n in places)


def test_small_steps_around_a_constant_are_no_spikes():
    constant = [2.0] * WINDOWS
    assert not is_spike(constant, 2.0 * 1.59)
    assert is_spike(constant, 2.0 * 1.61)
    assert not is_spike([*constant[1:], np.nan], 100.0)


@pytest.mark.parametrize(
    ("losses", "told"),
    [
        (FALLING, []),
        ([2.3] * PATIENCE, []),  # too early
        ([2.3] * (PATIENCE + 1), ["warning"]),  # it never learned
        ([2.3, *[1.0] * (PATIENCE + 1)], ["info"]),
        ([2.3, 1.0, *[0.992] * PATIENCE], ["info"]),
        ([2.3, 1.0, *[0.988] * PATIENCE], []),
        ([-1.0, -2.0, *[-2.01] * PATIENCE], ["info"]),  # a log-likelihood
        ([-1.0, -2.0, *[-2.03] * PATIENCE], []),
        ([*[1.0] * PATIENCE, np.nan], []),
    ],
)
def test_plateau(losses: list[float], told: list[str]):
    assert [each.severity for each in plateau(losses)] == told


@pytest.mark.parametrize(
    ("later", "falls", "told"),
    [
        ([1.21] * RISING, True, 1),
        ([1.21] * (RISING - 1), True, 0),
        ([1.21] * (RISING - 1) + [1.19], True, 0),
        ([1.21] * RISING, False, 0),  # both rise: that is no overfitting
        ([1.21, None, *[1.21] * (RISING - 1)], True, 1),  # validated now and then
        ([1.21] * RISING + [np.nan], True, 0),
    ],
)
def test_overfitting(later: list[float | None], falls: bool, told: int):
    val_losses = [3.0, 1.0, *later]
    losses = [1 / (1 + n) if falls else 1.0 + n for n in range(len(val_losses))]
    found = [*overfitting(losses, val_losses)]
    assert len(found) == told
    for each in found:
        assert "from 1 in epoch 2 to 1.21" in each.what
