"""A curve drawn with characters."""

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
    labels = {0: f"{y.max():.3g}", HEIGHT - 1: f"{y.min():.3g}"}
    lines = [
        f"{labels.get(number, ''):>9} |{''.join(row)}".rstrip()
        for number, row in enumerate(rows)
    ]
    ends = f"{x[0]:.0e}", f"{x[-1]:.0e}"
    lines.append(f"{'':9} +{'-' * WIDTH}")
    lines.append(f"{'':11}{ends[0]}{ends[1]:>{WIDTH - len(ends[0])}}")
    if mark is not None:
        [place] = _scaled(np.log([mark]), np.log(x[0]), np.log(x[-1]), WIDTH)
        lines.append(f"{'':11}{' ' * place}^ {mark:g}")
    return lines


def _scaled(values: np.ndarray, low: float, high: float, count: int) -> np.ndarray:
    """Return the place of each value among as many equal parts from low to high."""
    share = (values - low) / max(high - low, 1e-12)
    return np.minimum((share * count).astype(int), count - 1)
