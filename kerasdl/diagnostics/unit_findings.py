"""Units of rectifiers that are zero for every example."""

from collections.abc import Iterator, Mapping

import numpy as np

from kerasdl.finding import Finding

MANY = 0.5
"""A greater share of dead units of a layer is told."""
WHY = (
    "where a rectifier is zero, so is its gradient: its unit cannot come back; Lu et al. "
    "2019, https://arxiv.org/abs/1903.06733"
)


def unit_findings(outputs: Mapping[str, np.ndarray]) -> Iterator[Finding]:
    """Yield a finding for each layer of rectifiers of which many units are dead.

    Args:
        outputs: Outputs of layers of rectifiers for a batch, by the name of the layer;
            units are on the last axis.
    """
    for name, output in outputs.items():
        dead, count = dead_units(output), output.shape[-1]
        share = dead / count
        if share <= MANY:
            continue
        yield Finding(
            "dead-units",
            f"{dead:,} of {count:,} units of {name} are zero for all of "
            f"{len(output):,} examples",
            "scale the inputs, lower the initial bias, or use gelu or leaky_relu",
            name,
            share,
            f"<= {MANY:g}",
            "error" if share == 1 else "warning",
            why=WHY,
        )


def dead_units(output: np.ndarray) -> int:
    """Return how many units of a layer are zero for all examples.

    Args:
        output: Its output; units are on the last axis.
    """
    return int((output.reshape(-1, output.shape[-1]) == 0).all(axis=0).sum())
