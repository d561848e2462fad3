"""Batches of the wrong size."""

from kerasdl.diagnostics.causes.evidence import Evidence, Hypothesis

SIZE = "training.batch_size"
FEW = 4
"""An epoch of so few steps uses its examples badly."""
MANY = 300
"""So many steps of a run are enough for a small network, however few an epoch has."""
USUAL = 32
WHY_LARGE = (
    "a step of more examples is hardly better than one of some, so that few large steps "
    "learn less than many small ones; Masters & Luschi 2018, "
    "https://arxiv.org/abs/1804.07612"
)


def too_large(run: Evidence) -> Hypothesis | None:
    """Return the hypothesis if a run has few steps, and a baseline is better."""
    size = run.keys.get(SIZE)
    if not isinstance(size, int) or not run.examples or size <= 2 * USUAL:
        return None
    steps = -(-run.examples // size)
    epochs = len(run.losses)
    if steps > FEW or epochs < 4 or steps * epochs > MANY:
        return None
    if run.status != "completed" or run.beats_all:
        return None
    fewer = "1 step" if steps == 1 else f"{steps} steps"
    seen = f"an epoch of {run.examples:,} examples has {fewer} of {size:,} examples"
    advice = f"take batches of {USUAL} examples"
    cause = "batches too large"
    return Hypothesis(cause, seen, 0.62, WHY_LARGE, {SIZE: USUAL}, advice)
