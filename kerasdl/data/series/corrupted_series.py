"""Series with noise, and with steps that repeat the one before."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from kerasdl.data.corrupted import Corrupted, normal, uniform
from kerasdl.data.corrupted_arrays import HELD, NOISE, held
from kerasdl.data.preprocessing import Part
from kerasdl.data.series.raw_series import RawSeries
from kerasdl.data.table.columns import Column
from kerasdl.data.table.values import numbers_of


def corrupted_series(
    part: Part, columns: tuple[Column, ...], seed: int
) -> Iterator[Corrupted]:
    """Yield windows with noise in all numbers, and with steps that are held.

    What is to be predicted stays as it is.

    Args:
        part: The windows.
        columns: The columns that the model sees.
        seed: Seed of the draws, which depend on the step as well.
    """
    raw: RawSeries = part.raw
    steps, table = np.arange(len(raw.table)), raw.table
    numbers = {
        column.name: numbers_of(table, column.name, column.spelling)
        for column in columns
        if column.is_number
    }
    noise = {
        name: np.nanstd(values) * normal(seed, f"noise {name}", steps)
        for name, values in numbers.items()
    }
    for share in NOISE:
        changed = {name: each + share * noise[name] for name, each in numbers.items()}
        yield _changed(part, "noise in all numbers", f"{share} deviations", changed)
    drawn = uniform(seed, "held", steps)
    drawn[raw.starts] = 1.0
    for share in HELD:
        last = held(steps[None], (drawn < share)[None])[0]
        changed = {column.name: table.column(column.name)[last] for column in columns}
        yield _changed(part, "steps held", f"{share:.0%}", changed)


def _changed(
    part: Part, name: str, severity: str, columns: dict[str, np.ndarray]
) -> Corrupted:
    raw: RawSeries = part.raw
    table = replace(raw.table, columns=raw.table.columns | columns)
    return Corrupted(
        name, severity, Part(replace(raw, table=table, known={}), part.rows)
    )
