"""Curves of what was measured of the layers."""

from collections.abc import Mapping, Sequence
from typing import Any

from kerasdl.figures import Lines

TITLES = {
    "gradient_norm": "Gradient norm by layer",
    "update_ratio": "Update by layer, as a share of the weights",
    "activation_mean": "Mean of the outputs by layer",
    "activation_std": "Deviation of the outputs by layer",
    "dead_share": "Share of dead units by layer",
}
"""Titles of the curves by statistic."""
MOST = 6
"""Layers that are drawn; of more, those at even distances, with the first and last."""


def is_of_a_layer(name: str) -> bool:
    """Return whether a value of `metrics.jsonl` is the statistic of a layer."""
    return name.partition("/")[0] in TITLES and "/" in name


def layer_curves(epochs: Sequence[Mapping[str, Any]]) -> list[Lines]:
    """Return the curves of each statistic, over the epochs that it was measured in.

    Args:
        epochs: The lines of `metrics.jsonl`, whose values are finite numbers or None.
    """
    curves = []
    for statistic, title in TITLES.items():
        prefix = f"{statistic}/"
        measured = [line for line in epochs if any(n.startswith(prefix) for n in line)]
        names = [
            *dict.fromkeys(n for line in measured for n in line if n.startswith(prefix))
        ]
        drawn = _spread(names)
        if drawn:
            x = [float(line["epoch"]) + 1 for line in measured]
            y = [[line.get(name) for line in measured] for name in drawn]
            layers = [name.removeprefix(prefix) for name in drawn]
            more = f"{len(drawn)} of {len(names)} layers." if names != drawn else ""
            places = [x] * len(y)
            shown = Lines(title, "epoch", title, layers, places, y, note=more)
            curves.append(shown)
    return curves


def _spread(names: list[str]) -> list[str]:
    """Return at most `MOST` names, at even distances."""
    if len(names) <= MOST:
        return names
    last = len(names) - 1
    return [names[round(place * last / (MOST - 1))] for place in range(MOST)]
