import numpy as np
import pytest
from scipy.stats import ttest_ind

from kerasdl.diagnostics.welch import welch_interval


@pytest.mark.parametrize(("few", "many", "spread"), [(2, 2, 1), (3, 7, 4), (5, 2, 0.1)])
def test_the_interval_is_that_of_scipy(few: int, many: int, spread: float):
    generator = np.random.default_rng(few)
    first, second = generator.normal(size=few), generator.normal(1, spread, many)
    margin = welch_interval(first, second)
    expected = ttest_ind(first, second, equal_var=False).confidence_interval()
    np.testing.assert_allclose((margin.low, margin.high), expected)


def test_equal_numbers_have_no_spread():
    margin = welch_interval([0.5, 0.5], [0.25, 0.25])
    assert (margin.low, margin.high) == (0.25, 0.25)
