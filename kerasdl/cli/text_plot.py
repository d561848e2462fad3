"""Curves drawn with characters."""

import string
from collections.abc import Mapping, Sequence
from itertools import chain

import numpy as np

WIDTH, HEIGHT = 64, 10


def text_plot(x: np.ndarray, y: np.ndarray, mark: float | None = None) -> list[str]:
    """Return the lines of a plot over a logarithmic axis.

    Args:
        x: Positive numbers, ascending, of shape `(points,)`.
        y: Finite numbers of shape `(points,)`.
        mark: A place on the axis to mark with `^`; None for none.
    """
    places = _scaled(np.log(x), np.log(x[0]), np.log(x[-1]), WIDTH)
    heights = _scaled(y, y.min(), y.max(), HEIGHT)
    rows = [[" "] * WIDTH for _ in range(HEIGHT)]
    for place, height in zip(places, heights, strict=True):
        rows[HEIGHT - 1 - height][place] = "*"
    lines = _framed(rows, y.min(), y.max())
    ends = f"{x[0]:.0e}", f"{x[-1]:.0e}"
    lines.append(f"{'':11}{ends[0]}{ends[1]:>{WIDTH - len(ends[0])}}")
    if mark is not None:
        inside = np.log([np.clip(mark, x[0], x[-1])])
        [place] = _scaled(inside, np.log(x[0]), np.log(x[-1]), WIDTH)
        lines.append(f"{'':11}{' ' * place}^ {mark:g}")
    return lines


def text_curves(curves: Mapping[str, Sequence[float | None]]) -> list[str]:
    """Return the lines of a plot of several curves over epochs, with a legend.

    Each has a letter; the first curve covers the others where they meet.

    Args:
        curves: The values of each epoch, None where there is none.
    """
    points = [
        [(epoch, value) for epoch, value in enumerate(curve, 1) if value is not None]
        for curve in curves.values()
    ]
    epochs, values = (
        np.array(each) for each in zip(*chain.from_iterable(points), strict=True)
    )
    rows = [[" "] * WIDTH for _ in range(HEIGHT)]
    letters = [string.ascii_letters[n % 52] for n in range(len(curves))]
    for letter, each in reversed([*zip(letters, points, strict=True)]):
        x, y = np.array(each).reshape(-1, 2).T
        places = _scaled(x, 1, max(epochs.max(), 2), WIDTH)
        heights = _scaled(y, values.min(), values.max(), HEIGHT)
        for place, height in zip(places, heights, strict=True):
            rows[HEIGHT - 1 - height][place] = letter
    last = str(epochs.max())
    legend = (f"{'':11}{n}  {name}" for n, name in zip(letters, curves, strict=True))
    return [
        *_framed(rows, values.min(), values.max()),
        f"{'':11}1{last:>{WIDTH - 1}}",
        *legend,
    ]


def _framed(rows: list[list[str]], low: float, high: float) -> list[str]:
    """Return rows with the ends of the vertical axis, and the horizontal one."""
    labels = {0: f"{high:.3g}", HEIGHT - 1: f"{low:.3g}"}
    lines = [
        f"{labels.get(number, ''):>9} |{''.join(row)}".rstrip()
        for number, row in enumerate(rows)
    ]
    return [*lines, f"{'':9} +{'-' * WIDTH}"]


def _scaled(values: np.ndarray, low: float, high: float, count: int) -> np.ndarray:
    """Return the place of each value among as many equal parts from low to high."""
    share = (values - low) / max(high - low, 1e-12)
    return np.minimum((share * count).astype(int), count - 1)
