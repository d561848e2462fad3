"""What the rounds amount to: medians, ratios, and the table."""

import math
from collections.abc import Sequence
from statistics import geometric_mean, median
from typing import Any

WAYS = ("native", "keras", "kerasdl", "lightning")
RATIOS = (("kerasdl", "native"), ("kerasdl", "keras"), ("keras", "native"))
TITLES = ("model", "backend", *WAYS, *(f"{a} ÷ {b}" for a, b in RATIOS))


def summarise(cell: dict[str, Any]) -> dict[str, Any]:
    """Return the medians of one model on one backend, with what was measured."""
    rounds = cell["milliseconds"]
    pairs = [(a, b) for a in rounds for b in rounds if a != b]
    return {
        **cell,
        "median_milliseconds": {way: median(rounds[way]) for way in rounds},
        "median_ratios": {
            f"{a} ÷ {b}": median(
                x / y for x, y in zip(rounds[a], rounds[b], strict=True)
            )
            for a, b in pairs
        },
    }


def head() -> str:
    return _line(TITLES)


def row(cell: dict[str, Any]) -> str:
    """Return one summary as a line of the table."""
    texts = [cell["model"], cell["backend"]]
    for way in WAYS:
        texts.append(_number(cell["median_milliseconds"].get(way)))
    if cell["backend"] == "torch" and cell["model"].startswith("mlp"):
        texts[-1] = texts[-1] if texts[-1] != "–" else "not installed"
    ratios = cell["median_ratios"]
    texts += [_number(ratios.get(f"{a} ÷ {b}")) for a, b in RATIOS]
    return _line(texts)


def foot(cells: Sequence[dict[str, Any]]) -> list[str]:
    """Return the geometric means of the ratios, and the comparison with Lightning."""
    means = []
    for a, b in RATIOS:
        ratio = f"{a} ÷ {b}"
        known = [cell["median_ratios"].get(ratio) for cell in cells]
        known = [value for value in known if value is not None]
        means.append(_number(geometric_mean(known) if known else None))
    lines = [_line(["geometric mean", "", *[""] * len(WAYS), *means])]
    for cell in cells:
        if ratio := cell["median_ratios"].get("kerasdl ÷ lightning"):
            lines.append(f"{cell['model']}: kerasdl on torch ÷ lightning {ratio:.3f}")
    small = [
        cell["median_milliseconds"] for cell in cells if cell["model"] == "mlp-small"
    ]
    lightning = [medians["lightning"] for medians in small if "lightning" in medians]
    ours = [medians["kerasdl"] for medians in small if "kerasdl" in medians]
    if lightning and ours:
        ratio = min(ours) / lightning[0]
        lines.append(f"mlp-small: kerasdl on its best backend ÷ lightning {ratio:.3f}")
    return lines


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.{max(0, 2 - math.floor(math.log10(value)))}f}"


def _line(texts: Sequence[str]) -> str:
    return "  ".join(
        text.ljust(12) if column < 2 else text.rjust(max(9, len(TITLES[column])))
        for column, text in enumerate(texts)
    )
