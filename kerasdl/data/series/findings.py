"""What the user should know about series to forecast."""

from collections.abc import Iterator, Sequence

import numpy as np

from kerasdl.data.parts import Parts
from kerasdl.data.series.raw_series import RawSeries
from kerasdl.data.series.windows import Shape
from kerasdl.data.table.table import MOST_PLACES, listing
from kerasdl.data.wrong_places import named
from kerasdl.finding import Finding


def series_findings(
    raw: RawSeries, parts: Parts, shape: Shape, unused: Sequence[str]
) -> Iterator[Finding]:
    """Yield how many steps there are, gaps, short series, and columns left out.

    Args:
        raw: The series.
        parts: Their split.
        shape: The steps of a window.
        unused: Columns that are no inputs.
    """
    for note in raw.table.notes:
        yield Finding("table", note, severity="info")
    count, steps = len(raw.starts), len(raw.table)
    what = f"{raw.source} has {count:,} series of {steps:,} steps in total"
    if count == 1:
        what = f"{raw.source} has 1 series of {steps:,} steps"
        what = f"{what}, {raw.time(0)} to {raw.time(steps - 1)}"
    yield Finding("series", what, severity="info", value=float(count))
    yield Finding("split", f"split {parts.how}", severity="info")
    if raw.gaps:
        yield _gaps(raw)
    used = np.concatenate([part.rows for part in parts[:3]])
    numbers = np.unique(np.searchsorted(raw.starts, used, "right") - 1)
    if short := sorted({*range(count)} - {*numbers.tolist()}):
        lengths = raw.ends - raw.starts
        shown = [f"{raw.called(n)} of {lengths[n]} steps" for n in short[:MOST_PLACES]]
        has = "has" if len(short) == 1 else "have"
        what = f"{len(short):,} series {has} no window of {sum(shape)} steps"
        what = f"{what} within a part: {listing(shown, len(short))}"
        yield Finding("series", what, "lower data.window, or give more steps")
    if unused:
        shown = [*map(repr, unused[:MOST_PLACES])]
        what = (
            f"columns that are no numbers are left out: {listing(shown, len(unused))}"
        )
        yield Finding("column", what, "name them in data.ignore", severity="info")


def _gaps(raw: RawSeries) -> Finding:
    """Say which series have gaps, and after which times."""
    of_series: dict[int, list[str]] = {}
    for gap in raw.gaps:
        of_series.setdefault(gap.series, []).append(raw.time(gap.step))
    places = [
        f"{raw.called(number)} after {listing(times[:MOST_PLACES], len(times))}"
        for number, times in of_series.items()
    ]
    count = "1 gap" if len(raw.gaps) == 1 else f"{len(raw.gaps):,} gaps"
    what = f"no window crosses the {count} between irregular times: {named(places)}"
    hint = "fill the steps in, if you know them"
    return Finding("gaps", what, hint, value=float(len(raw.gaps)))
