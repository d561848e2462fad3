"""Units of sigmoid and tanh at their bounds, and gradients that vanish behind them."""

from collections.abc import Iterator, Mapping

import numpy as np

from kerasdl.finding import Finding

NEAR = 0.01
"""An output so near to a bound is saturated."""
MANY, NEARLY_ALL = 0.5, 0.9
"""A greater share of saturated outputs is told, or is an error."""
SMALL, VANISHED = 1e-3, 1e-5
"""A gradient of the first kernel that is smaller than that of the last is told, or an
error."""
WHY = (
    "near a bound the slope is 0, so that nothing behind it learns; Glorot & Bengio "
    "2010, https://proceedings.mlr.press/v9/glorot10a.html"
)


def saturation_findings(
    outputs: Mapping[str, tuple[np.ndarray, float, float]],
) -> Iterator[Finding]:
    """Yield a finding for each layer most of whose outputs are at a bound.

    Args:
        outputs: Outputs for a batch, with the lowest and the highest possible value,
            by the path of the layer.
    """
    for name, (output, low, high) in outputs.items():
        share = float(((output < low + NEAR) | (output > high - NEAR)).mean())
        if share > MANY:
            yield Finding(
                "saturated",
                f"{100 * share:.3g} % of the outputs of {name} are within {NEAR:g} of "
                f"{low:g} or {high:g}",
                "scale the inputs and the initial weights, or normalise before it",
                name,
                share,
                f"<= {MANY:g}",
                "error" if share > NEARLY_ALL else "warning",
                why=WHY,
            )


def vanishing_gradient(*gradients: Mapping[str, np.ndarray]) -> Iterator[Finding]:
    """Yield a finding if the gradient of the first kernel vanishes against the last.

    Args:
        gradients: Gradients by path, in the order of the layers, at several steps. The
            first step at which neither is zero counts, since a branch may begin at
            zero.
    """
    for each in gradients:
        sizes = {n: float(np.abs(k).mean()) for n, k in each.items() if k.ndim > 1}
        if len(sizes) < 2 or not np.isfinite([*sizes.values()]).all():
            return
        first, last = next(iter(sizes)), [*sizes][-1]
        if sizes[first] and sizes[last]:
            break
    else:
        return
    share = sizes[first] / sizes[last]
    if share >= SMALL:
        return
    yield Finding(
        "vanishing-gradient",
        f"the gradient of {first} is {share:.1e} times that of {last}",
        "use relu or gelu, normalise between layers, or add residual connections",
        first,
        share,
        f">= {SMALL:g}",
        "error" if share < VANISHED else "warning",
        why="a product of slopes below 1 vanishes with depth; Glorot & Bengio 2010, "
        "https://proceedings.mlr.press/v9/glorot10a.html",
    )
