"""Why a run may not learn: each cause reads the evidence, and says how to test it."""

from collections.abc import Callable

import numpy as np

from kerasdl.diagnostics.causes import (
    batches,
    fit,
    gradients,
    inputs,
    learning_rate,
    length,
    spikes,
    targets,
    weights,
)
from kerasdl.diagnostics.causes.evidence import Evidence, Hypothesis

CAUSES: tuple[Callable[[Evidence], Hypothesis | None], ...] = (
    inputs.unusable,
    inputs.not_finite,
    targets.misfit,
    inputs.leaks,
    weights.equal_units,
    inputs.not_scaled,
    targets.not_scaled,
    weights.no_path,
    targets.unrelated,
    inputs.in_order,
    inputs.imbalanced,
    gradients.overflow,
    gradients.explode,
    gradients.saturated,
    gradients.dead_units,
    learning_rate.too_high,
    learning_rate.too_low,
    length.warm_up,
    spikes.idle,
    spikes.spike,
    batches.too_large,
    length.too_few_epochs,
    fit.too_much_dropout,
    fit.too_much_decay,
    fit.harmful_augmentation,
    targets.wrong_labels,
    fit.overfits,
    fit.too_small,
)
"""Of causes that weigh the same, those that others follow from come first."""


LIKELY = 0.25
"""Weight of a hypothesis that is spoken of."""


def ranked(evidence: Evidence) -> list[Hypothesis]:
    """Return what may explain a run, the most likely first."""
    with np.errstate(all="ignore"):  # of numbers near the end of float64
        found = [hypothesis for cause in CAUSES if (hypothesis := cause(evidence))]
    return sorted(found, key=lambda hypothesis: -hypothesis.weight)


def likely(run: Evidence) -> list[Hypothesis]:
    """Return the hypotheses that are spoken of, the most likely first.

    Of a run that learned nothing, unlikely ones are spoken of as well.
    """
    found = ranked(run)
    spoken = [each for each in found if each.weight >= LIKELY]
    return spoken or (found if run.beats_the_simplest is False else [])


__all__ = ["CAUSES", "Evidence", "Hypothesis", "likely", "ranked"]
