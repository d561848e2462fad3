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
    times = float(np.nanmax(norms) / max(np.nanmedian(norms), 1e-12))
    skipped = run.of_kind("skipped", "loss-spike", "diverged")
    if times < EXPLODES and not (skipped and np.nanmax(norms) > EXPLODES):
        return None
    seen = f"nothing clips the gradient, whose norm reached {np.nanmax(norms):.3g}"
    return Hypothesis("exploding gradients", seen, 0.65, WHY_CLIP, {CLIP: 1.0})


def overflow(run: Evidence) -> Hypothesis | None:
    """Return the hypothesis if float16 skips steps."""
    skipped = run.of_kind("skipped", "diverged")
    if run.keys.get(PRECISION) != "mixed_float16" or not skipped:
        return None
    change = {PRECISION: "mixed_bfloat16"}
    cause = "numbers beyond float16"
    return Hypothesis(cause, skipped[0].what, 0.85, WHY_FLOAT16, change)


def dead_units(run: Evidence) -> Hypothesis | None:
    """Return the hypothesis if units of rectifiers are zero for all examples."""
    if not (found := run.of_kind("dead-units")):
        return None
    rate = float(run.keys.get("optimizer.learning_rate", 0.0))
    change: dict[str, object] = {}
    if rate:
        change["optimizer.learning_rate"] = float(f"{rate / 10:.3g}")
    if run.keys.get("model.activation") == "relu":
        change["model.activation"] = "gelu"
    return Hypothesis("dead units", found[0].what, 0.7, WHY_DEAD, change)


def saturated(run: Evidence) -> Hypothesis | None:
    """Return the hypothesis if sigmoids are at their bounds, or gradients vanish."""
    found = run.of_kind("saturated", "vanishing-gradient")
    activation = run.keys.get("model.activation")
    if not found and not (activation in SATURATING and run.learned < 0.05):
        return None
    seen = found[0].what if found else f"the activation is {activation}"
    change = {"model.activation": "relu"} if activation in SATURATING else {}
    return Hypothesis("saturated units", seen, 0.8, WHY_SATURATED, change)
