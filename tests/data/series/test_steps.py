"""Gaps between the steps of a series, compared with calendars of pandas."""

import numpy as np
import pandas as pd
import pytest

from kerasdl.data.series.steps import gaps
from kerasdl.data.table.times import Times


def times(index: pd.DatetimeIndex | np.ndarray) -> Times:
    if isinstance(index, np.ndarray):
        return Times(index.astype("float64"), index.astype(str).astype(object), False)
    stamps = index.to_numpy().astype("datetime64[us]").astype("int64") / 1e6
    return Times(stamps, np.array(index.astype(str), object), True)


REGULAR = ["h", "D", "W", "MS", "ME", "QS", "QE", "YS", "B", "15min", "2MS"]


@pytest.mark.parametrize("frequency", REGULAR)
def test_regular_dates_have_no_gaps(frequency: str):
    index = pd.date_range("1999-01-01", periods=70, freq=frequency)
    assert gaps(times(index)).tolist() == []


@pytest.mark.parametrize("frequency", REGULAR)
@pytest.mark.parametrize("left_out", [[30], [10, 11, 12, 50]])
def test_steps_that_are_left_out_are_gaps(frequency: str, left_out: list[int]):
    index = pd.date_range("1999-01-01", periods=70, freq=frequency).delete(left_out)
    first = [n for n in left_out if n - 1 not in left_out]
    expected = [n - 1 - sum(other < n for other in left_out) for n in first]
    assert gaps(times(index)).tolist() == expected


def test_numbers():
    assert gaps(times(0.1 * np.arange(50))).tolist() == []
    jitter = np.arange(50) + np.random.default_rng(0).uniform(-0.04, 0.04, 50)
    assert gaps(times(jitter)).tolist() == []
    assert gaps(times(np.array([0, 1, 2, 4, 5, 5.5, 6.5]))).tolist() == [2, 4]
    assert gaps(times(np.array([3.0]))).tolist() == []
    assert gaps(times(np.array([3.0, 90.0]))).tolist() == []


def test_days_of_months_and_weekends_are_no_rule_for_others():
    """A year of months has February; days of a week without weekends are seven."""
    index = pd.date_range("1999-01-01", periods=20, freq="D")
    assert gaps(times(index.delete([5, 6]))).tolist() == [4]
    assert gaps(times(index[:5].append(index[7:]))).tolist() == [4]
