"""The steps of a series in time: regular ones, and gaps between them."""

import numpy as np

from kerasdl.data.table.times import Times
from kerasdl.data.table.typed_columns import dates_at

TOLERANCE = 0.1
"""Deviation from the usual step, as a share of it, up to which a step is regular."""
WEEKEND = 5
"""First day of the weekend, of Monday as 0."""


def gaps(times: Times) -> np.ndarray:
    """Return after which steps of a series a gap follows.

    The usual step is the median. A step that differs from it by more than `TOLERANCE` is
    a gap. Dates may also be regular in months, or in days from Monday to Friday.

    Args:
        times: The times, in ascending order.

    Returns:
        Places of the steps before gaps, ascending.
    """
    found = _irregular(times.values)
    for positions in _calendars(times) if len(found) else ():
        if len(other := _irregular(positions)) < len(found):
            found = other
    return found


def _irregular(positions: np.ndarray) -> np.ndarray:
    """Return the places after which the next position is not a usual step away."""
    steps = np.diff(positions)
    if not len(steps):
        return np.empty(0, int)
    usual = np.sort(steps)[(len(steps) - 1) // 2]
    return np.flatnonzero(np.abs(steps - usual) > TOLERANCE * usual)


def _calendars(times: Times) -> list[np.ndarray]:
    """Return the places of dates among months and among working days, if they have some.

    Months are those of dates that all have the same place in the month, counted from
    its begin or from its end.
    """
    if not times.are_dates:
        return []
    calendars, dates = [], dates_at(times.values)
    months, days = dates.astype("datetime64[M]"), dates.astype("datetime64[D]")
    since = dates - months
    left = (months + 1).astype(dates.dtype) - dates
    if (since == since[0]).all() or (left == left[0]).all():
        calendars.append(months.astype("float64"))
    # 1970 began on a Thursday.
    weekdays = (days.astype("int64") + 3) % 7
    if (weekdays < WEEKEND).all() and (dates - days == (dates - days)[0]).all():
        begin = np.datetime64("1970-01-01")
        calendars.append(np.busday_count(begin, days).astype("float64"))
    return calendars
