"""Integrated gradients of functions whose integrals are known."""

import numpy as np
import pytest

from kerasdl.diagnostics.attribution_picture import attribution_picture
from kerasdl.diagnostics.integrated_gradients import integrated_gradients

x, baseline = np.array([1.0, -2.0, 0.5]), np.array([0.5, 0.0, 0.0])


def test_a_linear_function_gives_weight_times_difference():
    weights = np.array([3.0, -1.0, 2.0])
    found = integrated_gradients(lambda p: np.tile(weights, (len(p), 1)), x, baseline)
    np.testing.assert_allclose(found, weights * (x - baseline), atol=1e-12)


def test_a_product_is_shared_evenly():
    """Of x·y, from 0, each gets half: the integral of t is 1/2."""
    ones = np.array([2.0, 3.0])
    found = integrated_gradients(lambda p: p[:, ::-1], ones, np.zeros(2))
    np.testing.assert_allclose(found, [3.0, 3.0], atol=1e-12)


def test_they_are_complete():
    def value(p: np.ndarray) -> np.ndarray:
        return np.tanh(p).prod(-1) + np.exp(p[:, 0])

    def slope(p: np.ndarray) -> np.ndarray:
        t = np.tanh(p)
        others = np.stack([np.delete(t, n, 1).prod(1) for n in range(3)], 1)
        return (1 - t**2) * others + np.exp(p) * [1, 0, 0]

    found = integrated_gradients(slope, x, baseline)
    difference = value(x[None]) - value(baseline[None])
    assert found.sum() == pytest.approx(difference[0], abs=1e-10)


def test_colours_tell_for_from_against():
    pixels = np.full((4, 4, 1), 128, "uint8")
    amounts = np.zeros((4, 4, 1))
    amounts[0, 0], amounts[3, 3] = 1, -1
    picture = attribution_picture(pixels, amounts)
    assert (picture.shape, picture.dtype) == ((4, 4, 3), np.uint8)
    red, _, blue = picture[0, 0].astype(int)
    assert red > blue + 100
    red, _, blue = picture[3, 3].astype(int)
    assert blue > red + 100
    assert (picture[1, 1] == 128).all()
