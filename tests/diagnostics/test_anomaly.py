"""Quantiles of errors, by their definition and by how often they raise a flag."""

import numpy as np
import pytest
from scipy.stats import rankdata

from kerasdl.diagnostics.anomaly import error_quantiles


def test_the_quantile_is_the_share_of_smaller_errors():
    drawn = np.random.default_rng(0)
    calibration = np.sort(drawn.exponential(size=40)).tolist()
    errors = drawn.exponential(size=200)
    ranks = [rankdata([*calibration, error])[-1] - 1 for error in errors]
    found = error_quantiles(errors, calibration)
    np.testing.assert_allclose(found, np.array(ranks) / 41)
    largest = error_quantiles(np.array([0.0, 1e9]), calibration)
    np.testing.assert_array_equal(largest, [0, 40 / 41])


def test_it_is_one_minus_the_conformal_p_value():
    drawn = np.random.default_rng(1)
    calibration, errors = np.sort(drawn.random(99)), drawn.random(50)
    p_values = (1 + (calibration >= errors[:, None]).sum(axis=1)) / 100
    np.testing.assert_allclose(
        error_quantiles(errors, calibration.tolist()), 1 - p_values
    )


def test_errors_that_differ_by_rounding_are_equal():
    found = error_quantiles(np.array([2 - 1e-6, 2, 2 + 1e-6, 2.1]), [1, 2, 2, 3])
    np.testing.assert_array_equal(found, [0.2, 0.2, 0.2, 0.6])


@pytest.mark.parametrize(("count", "threshold"), [(19, 0.95), (99, 0.9), (30, 0.9)])
def test_flags_are_as_rare_as_promised(count: int, threshold: float):
    """Of exchangeable errors, ⌊(1 - t)(n + 1)⌋ of n + 1 ranks are flagged."""
    drawn = np.random.default_rng(2)
    flagged = [
        error_quantiles(drawn.random(50), np.sort(drawn.random(count))) >= threshold
        for _ in range(2000)
    ]
    ranks = np.floor(round((1 - threshold) * (count + 1), 9))
    assert np.mean(flagged) == pytest.approx(ranks / (count + 1), abs=0.008)
