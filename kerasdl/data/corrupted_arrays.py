"""Noise in arrays, and columns of them that are lost."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from kerasdl.data.arrays import Arrays
from kerasdl.data.corrupted import Corrupted, normal, uniform
from kerasdl.data.images.corrupted_pixels import corrupted_pixels
from kerasdl.data.pictures import is_pictures
from kerasdl.data.preprocessing import Part

NOISE = 0.1, 0.2, 0.5
"""Standard deviations of noise, as shares of that of a column."""
MOST_COLUMNS = 30
"""Columns that are damaged one by one; of data with more, only all at once."""
HELD = 0.1, 0.2, 0.4
"""Shares of steps that repeat the step before."""


def corrupted_arrays(part: Part, seed: int) -> Iterator[Corrupted]:
    """Yield arrays under corruptions: those of images, or of columns.

    Args:
        part: The examples.
        seed: Seed of the noise.
    """
    x = part.raw.x[part.rows]
    if is_pictures(x.shape[1:]):
        yield from _images(part, x, seed)
    else:
        yield from _columns(part, x, seed)


def corrupted_steps(part: Part, seed: int) -> Iterator[Corrupted]:
    """Yield arrays of shape `(examples, time, features)` with noise, and with lost steps."""
    x = part.raw.x[part.rows]
    yield from _noise(part, x, seed)
    drawn = uniform(seed, "held", part.rows, x.shape[1:2])
    for share in HELD:
        yield _changed(part, "steps held", f"{share:.0%}", held(x, drawn < share))


def held(x: np.ndarray, lost: np.ndarray) -> np.ndarray:
    """Return series whose lost steps repeat the last one that is not lost.

    Args:
        x: Values of shape `(examples, time, …)`.
        lost: Which steps are lost, of shape `(examples, time)`; the first never is.
    """
    steps = np.where(lost, 0, np.arange(x.shape[1]))
    last = np.maximum.accumulate(steps, axis=1)
    return x[np.arange(len(x))[:, None], last]


def _images(part: Part, x: np.ndarray, seed: int) -> Iterator[Corrupted]:
    low, high = (0, 255) if x.dtype == "uint8" else (float(x.min()), float(x.max()))
    scaled = (x.astype("float64") - low) / max(high - low, 1e-12)
    for name, severity, pixels in corrupted_pixels(scaled, part.rows, seed):
        values = low + pixels * (high - low)
        values = np.round(values) if x.dtype.kind in "ui" else values
        yield _changed(part, name, severity, values.astype(x.dtype))


def _columns(part: Part, x: np.ndarray, seed: int) -> Iterator[Corrupted]:
    yield from _noise(part, x, seed)
    if x.ndim != 2 or x.shape[1] > MOST_COLUMNS:
        return
    x = x.astype("float64")
    for column in range(x.shape[1]):
        order = np.argsort(uniform(seed, f"order {column}", part.rows))
        noise = NOISE[0] * x[:, column].std()
        noise = noise * normal(seed, f"noise {column}", part.rows)
        for severity, values in (
            ("its mean", np.full(len(x), x[:, column].mean())),
            ("permuted", x[order, column]),
            (f"noise of {NOISE[0]} deviations", x[:, column] + noise),
        ):
            changed = x.copy()
            changed[:, column] = values
            yield _changed(part, f"column {column}", severity, changed)


def _noise(part: Part, x: np.ndarray, seed: int) -> Iterator[Corrupted]:
    x = x.astype("float64")
    axes = (0,) if x.ndim < 3 else tuple(range(x.ndim - 1))
    noise = normal(seed, "noise", part.rows, x.shape[1:]) * x.std(axes)
    for share in NOISE:
        severity = f"{share} deviations"
        yield _changed(part, "noise in all columns", severity, x + share * noise)


def _changed(part: Part, name: str, severity: str, x: np.ndarray) -> Corrupted:
    raw: Arrays = part.raw
    changed = replace(raw, x=x, y=raw.y[part.rows], x_test=None, y_test=None)
    return Corrupted(name, severity, Part(changed, np.arange(len(x))))
