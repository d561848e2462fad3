"""Gradients that vanish, explode, or are not finite."""

import numpy as np

from kerasdl.diagnostics.causes.evidence import Evidence, Hypothesis

CLIP, PRECISION = "optimizer.global_clipnorm", "precision.policy"
EXPLODES = 100.0
"""A gradient norm so many times the median explodes."""
SATURATING = ("sigmoid", "tanh", "hard_sigmoid")
WHY_CLIP = (
    "one step along a huge gradient undoes many others; Pascanu et al. 2013, "
    "https://arxiv.org/abs/1211.5063"
)
WHY_FLOAT16 = (
    "float16 ends at 65,504, and numbers beyond are infinite; Micikevicius et al. 2018, "
    "https://arxiv.org/abs/1710.03740"
)
WHY_DEAD = (
    "a rectifier that is zero for all examples has no gradient; Lu et al. 2020, "
    "https://arxiv.org/abs/1903.06733"
)
WHY_SATURATED = (
    "the slope of a sigmoid is at most 1/4, so that gradients shrink from layer to "
    "layer; Glorot & Bengio 2010, https://proceedings.mlr.press/v9/glorot10a.html"
)


def explode(run: Evidence) -> Hypothesis | None:
    """Return the hypothesis if the gradient norm jumps, and nothing clips it."""
    norms = run.curve("grad_norm")
    if run.keys.get(CLIP) or not np.isfinite(norms).any():
        return None
    highest, usual = float(np.nanmax(norms)), float(np.nanmedian(norms))
    told = run.of_kind("skipped", "loss-spike", "diverged", "gradient")
    if highest < EXPLODES * max(usual, 1e-12) and not (told and highest > EXPLODES):
        return None
    seen = f"nothing clips the gradient, whose norm reached {highest:.3g}"
    cause, advice = "exploding gradients", "clip the gradient to a norm of 1"
    return Hypothesis(cause, seen, 0.71, WHY_CLIP, {CLIP: 1.0}, advice)


def overflow(run: Evidence) -> Hypothesis | None:
    """Return the hypothesis if float16 skips steps."""
    skipped = run.of_kind("skipped", "diverged")
    if run.keys.get(PRECISION) != "mixed_float16" or not skipped:
        return None
    change = {PRECISION: "mixed_bfloat16"}
    cause = "numbers beyond float16"
    seen, advice = skipped[0].what, "train in bfloat16 or float32"
    return Hypothesis(cause, seen, 0.95, WHY_FLOAT16, change, advice)


def dead_units(run: Evidence) -> Hypothesis | None:
    """Return the hypothesis if units of rectifiers are zero for all examples."""
    at_first = run.of_kind("dead-units")
    if not (found := at_first or run.of_kind("trained-dead-units")):
        return None
    rate, change = run.number("optimizer.learning_rate"), {}
    if run.keys.get("model.activation") == "relu":
        change = {"model.activation": "gelu"}
    elif rate:
        change = {"optimizer.learning_rate": float(f"{rate / 10:.3g}")}
    seen, advice = found[0].what, "scale the inputs, lower the rate, or take gelu"
    weight = 0.7 if at_first else 0.45
    if found[0].severity == "error":
        weight = 0.93 if at_first else 0.7
    return Hypothesis("dead units", seen, weight, WHY_DEAD, change, advice)


def saturated(run: Evidence) -> Hypothesis | None:
    """Return the hypothesis if sigmoids are at their bounds, or gradients vanish."""
    at_first = run.of_kind("saturated", "vanishing-gradient")
    found = at_first or run.of_kind("trained-saturated")
    activation = run.keys.get("model.activation")
    if not found and not (activation in SATURATING and run.learned < 0.05):
        return None
    seen = found[0].what if found else f"the activation is {activation}"
    change = {"model.activation": "relu"} if activation in SATURATING else {}
    advice = "take relu, normalise between layers, or lower the initial weights"
    weight = 0.8 if at_first or not found else 0.5
    if at_first and at_first[0].severity == "error":
        weight = 0.93
    return Hypothesis("saturated units", seen, weight, WHY_SATURATED, change, advice)
