"""Why a run may not learn: each cause reads the evidence, and says how to test it."""

from collections.abc import Callable

from kerasdl.diagnostics.causes import (
    fit,
    gradients,
    inputs,
    learning_rate,
    length,
)
from kerasdl.diagnostics.causes.evidence import Evidence, Hypothesis

CAUSES: tuple[Callable[[Evidence], Hypothesis | None], ...] = (
    inputs.leaks,
    inputs.not_scaled,
    inputs.imbalanced,
    gradients.overflow,
    gradients.explode,
    gradients.saturated,
    gradients.dead_units,
    learning_rate.too_high,
    learning_rate.too_low,
    length.warm_up,
    length.too_few_epochs,
    fit.too_much_dropout,
    fit.overfits,
    fit.too_small,
)
"""Of causes that weigh the same, those that others follow from come first."""


def ranked(evidence: Evidence) -> list[Hypothesis]:
    """Return what may explain a run, the most likely first."""
    found = [hypothesis for cause in CAUSES if (hypothesis := cause(evidence))]
    return sorted(found, key=lambda hypothesis: -hypothesis.weight)


__all__ = ["CAUSES", "Evidence", "Hypothesis", "ranked"]
