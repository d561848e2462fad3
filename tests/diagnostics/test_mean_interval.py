"""Intervals are those of the closed forms."""

import numpy as np
import pytest
from scipy import stats

from kerasdl.diagnostics.mean_interval import mean_interval


@pytest.mark.parametrize(("hits", "count"), [(11, 12), (0, 10), (10, 10), (40, 100)])
def test_a_share_has_the_interval_of_wilson(hits: int, count: int):
    """Wilson 1927: where the score test of the share does not reject."""
    values = np.arange(count) < hits
    found = mean_interval(values.astype("float64"), True)
    assert found == mean_interval(values, True)
    z, share = stats.norm.ppf(0.975), hits / count
    center = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    inner = share * (1 - share) / count + z**2 / (4 * count**2)
    radius = z / (1 + z**2 / count) * np.sqrt(inner)
    assert found == pytest.approx((share, center - radius, center + radius), abs=1e-12)
    assert found[1] >= -1e-12
    assert found[2] <= 1 + 1e-12


def test_other_means_have_that_of_the_central_limit():
    values = np.random.default_rng(0).exponential(size=50)
    low, high = stats.norm.interval(0.95, values.mean(), stats.sem(values))
    assert mean_interval(values, False) == pytest.approx((values.mean(), low, high))
