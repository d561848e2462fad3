"""Small series, and short ways to read and split them."""

from pathlib import Path
from typing import Any

import numpy as np

from kerasdl.data.kinds.series import SeriesKind


def write(
    name: str = "s.csv",
    steps: int = 60,
    series: tuple[str, ...] = ("",),
    left_out: tuple[int, ...] = (),
) -> Path:
    """Write series of days: a season of seven days, a trend, and another column."""
    lines = ["day,shop,sales,price,note"]
    for number, shop in enumerate(series):
        drawn = np.random.default_rng(number)
        for step in range(steps):
            day = np.datetime64("2024-01-01") + step
            sales = step / 7 + 3 * np.sin(2 * np.pi * step / 7) + drawn.normal(0, 0.1)
            line = f"{day},{shop or '-'},{sales:.4f},{drawn.uniform():.3f},n{step % 3}"
            lines += [line] * (step not in left_out)
    path = Path(name)
    path.write_text("\n".join(lines) + "\n")
    return path


def kind(name: str = "s.csv", **keys: Any) -> SeriesKind:
    usual = {"target": "sales", "time": "day", "ignore": ("note", "shop")}
    if "series" in keys:
        usual["ignore"] = ("note",)
    return SeriesKind(name=name, **usual | {"window": 7, "horizon": 2} | keys)
