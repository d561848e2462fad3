"""A learning rate that is too high or too low."""

import numpy as np

from kerasdl.diagnostics.causes.evidence import Evidence, Hypothesis

KEY = "optimizer.learning_rate"
FACTOR = 10.0
"""What a rate is divided or multiplied by."""
USUAL = {"sgd": (1e-3, 0.5)}
USUAL_OF_ADAM = (1e-4, 0.1)
"""Rates of Adam and its kin that are used often."""
STEADY = 0.35
"""Share of the whole fall of the loss that the second half of a run has if the loss falls
steadily. A run that learns as fast as it can has most of its fall in the first half."""
SHARP = 0.3
"""Weight of a rate that is too high for the curvature, whose network may still learn."""
RISES = 2.0
"""A loss of so many times that of the first epoch has risen."""
HARDLY = 0.5
"""A loss that fell by a lower share of the first one has far to go."""
OF_TRAINED = 0.01
"""Rates for weights that are trained already may be so many times as low."""
WHY_HIGH = (
    "a step longer than two over the largest curvature goes uphill on the other side; "
    "Goodfellow et al. 2016, section 8.2.4"
)
WHY_LOW = (
    "a step changes the weights by the rate times the gradient, so that a tenth of the "
    "rate needs ten times the steps; Goodfellow et al. 2016, section 11.4.1"
)


def too_high(run: Evidence) -> Hypothesis | None:
    """Return the hypothesis if the loss rises, jumps, or never falls at a high rate."""
    rate = run.number(KEY)
    _, high = USUAL.get(str(run.keys.get("optimizer.name")), USUAL_OF_ADAM)
    if not rate:
        return None
    spikes, losses = len(run.of_kind("loss-spike")), run.losses
    later = losses[1:][np.isfinite(losses[1:])]
    times = float(later.max() / losses[0]) if len(later) and losses[0] > 0 else 0.0
    weight, seen = 0.0, ""
    if run.status == "diverged":
        weight, seen = 0.6, "the run diverged"
    elif times > RISES:
        weight, seen = (
            0.5,
            f"the loss rose to {times:.3g} times that of the first epoch",
        )
    elif spikes:
        weight, seen = 0.4, "the loss jumped"
    elif len(losses) > 1 and run.learned < 0.02:
        weight, seen = 0.1, "the run learned next to nothing"
    elif run.beats_the_simplest is False and run.learned < HARDLY:
        weight, seen = 0.1, f"the loss fell by only {run.learned:.0%}"
    if sharp := run.of_kind("sharpness"):
        seen, weight = seen or sharp[0].what, max(weight, SHARP)
    is_high = rate > high
    if not weight and not is_high:
        return None
    weight += 0.35 * is_high + 0.4 * (is_high and not run.beats_all)
    usual = f"; a rate above {high:g} is rare" if is_high else ""
    seen = f"{seen or 'the run learned'} at a rate of {rate:g}{usual}"
    change = {KEY: _rounded(min(rate / FACTOR, high))}
    cause, advice = "learning rate too high", "divide the learning rate by ten"
    return Hypothesis(cause, seen, min(weight, 0.94), WHY_HIGH, change, advice)


def too_low(run: Evidence) -> Hypothesis | None:
    """Return the hypothesis if the loss falls steadily, and has far to go.

    A run at a rare rate has far to go as well if a baseline does better.
    """
    rate, losses = run.number(KEY), run.losses
    low, high = USUAL.get(str(run.keys.get("optimizer.name")), USUAL_OF_ADAM)
    if run.keys.get("transfer.weights"):
        low *= OF_TRAINED
    if not 0 < rate <= high or len(losses) < 4 or not np.isfinite(losses).all():
        return None
    fall = losses[0] - losses[-1]
    late = float((losses[len(losses) // 2] - losses[-1]) / fall) if fall > 0 else 0.0
    weight = 0.3 * (late >= STEADY / 2) + 0.3 * (late >= STEADY)
    weight += 0.35 * (rate < low) + 0.25 * (rate < low / 10)
    weight = weight or 0.05 * (run.learned < 0.02)
    falls_short = rate < low and bool(run.better)
    if (run.learned > HARDLY and not falls_short) or not weight:
        return None
    usual = f"; a rate below {low:g} is rare" if rate < low else ""
    seen = (
        f"at a rate of {rate:g}, the loss went from {losses[0]:.3g} to {losses[-1]:.3g}, "
        f"and fell as fast in the second half of the run{usual}"
        if late >= STEADY / 2
        else f"at a rate of {rate:g}, the loss fell from {losses[0]:.3g} to only "
        f"{losses[-1]:.3g}{usual}"
    )
    middle = (low * high) ** 0.5
    change = {KEY: _rounded(middle if rate * FACTOR < low else rate * FACTOR)}
    cause, advice = "learning rate too low", "multiply the learning rate by ten"
    return Hypothesis(cause, seen, min(weight, 1.0), WHY_LOW, change, advice)


def _rounded(rate: float) -> float:
    return float(f"{rate:.2g}")
