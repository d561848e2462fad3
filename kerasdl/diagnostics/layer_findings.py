"""What the layers of a model say while it trains."""

from collections.abc import Iterator, Mapping

import numpy as np

from kerasdl.diagnostics.gradient_findings import EXPLODING, LARGEST, NO_PATH
from kerasdl.diagnostics.unit_findings import MANY
from kerasdl.diagnostics.unit_findings import WHY as WHY_DEAD
from kerasdl.finding import Finding

LARGE_UPDATE = 0.1
"""A greater change of the weights of a layer in one step, as a share, is told."""
WHY_UPDATE = (
    "a step should change weights by about a thousandth of their size; Karpathy et al., "
    "https://cs231n.github.io/neural-networks-3/#ratio"
)
WHY_STARVED = "a dead or disconnected layer before or behind it passes no gradient"

Statistics = Mapping[str, Mapping[str, float]]
"""Statistic to layer to value, as `layer_statistics` returns them."""


def layer_findings(statistics: Statistics) -> Iterator[Finding]:
    """Yield findings about the layers, one of each kind: the worst layer is named.

    Args:
        statistics: Any of `gradient_norm`, `update_ratio` and `dead_share`.
    """
    norms = statistics.get("gradient_norm", {})
    yield from _gradients(norms)
    yield from _too_large(
        statistics.get("update_ratio", {}),
        LARGE_UPDATE,
        "large-update",
        "one step changes the weights of {} by {:.3g} of their norm",
        "lower the learning rate, or warm up longer",
        WHY_UPDATE,
    )
    yield from _too_large(
        statistics.get("dead_share", {}),
        MANY,
        "dead-units",
        "units of {} are zero for all examples of a batch, a share of {:.3g}",
        "lower the learning rate, or use gelu or leaky_relu",
        WHY_DEAD,
    )


def _gradients(norms: Mapping[str, float]) -> Iterator[Finding]:
    """Yield findings about the norms of the gradient by layer."""
    finite = {name: norm for name, norm in norms.items() if np.isfinite(norm)}
    if lost := [name for name in norms if name not in finite]:
        yield Finding(
            "gradient-not-finite",
            f"the gradient of {_named(lost)} is not finite",
            "lower the learning rate, or look for a logarithm or division of zero",
            lost[0],
            rule="finite",
            why="no step can be taken",
        )
    yield from _too_large(
        finite,
        LARGEST,
        "large-gradient",
        "the gradient of {} has the norm {:.3g}",
        "clip it: optimizer.global_clipnorm; or lower the learning rate",
        EXPLODING,
    )
    starved = [name for name, norm in norms.items() if not norm]
    if starved and len(starved) < len(norms):
        yield Finding(
            "no-gradient",
            f"the gradient of {_named(starved)} is zero",
            "look for dead units, or connect it to the output",
            starved[0],
            0.0,
            "> 0",
            why=f"{WHY_STARVED}; {NO_PATH}",
        )


def _too_large(
    values: Mapping[str, float], limit: float, kind: str, what: str, hint: str, why: str
) -> Iterator[Finding]:
    """Yield a finding if a value is above its limit."""
    above = {name: value for name, value in values.items() if value > limit}
    if not above:
        return
    worst = max(above, key=above.__getitem__)
    named = _named([worst, *(name for name in above if name != worst)])
    line = what.format(named, above[worst])
    yield Finding(kind, line, hint, worst, above[worst], f"<= {limit:g}", why=why)


def _named(names: list[str]) -> str:
    """Return the first name, and how many others there are."""
    return f"{names[0]} and {len(names) - 1} more" if len(names) > 1 else names[0]
