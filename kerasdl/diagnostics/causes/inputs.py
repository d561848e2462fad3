"""Inputs and targets that keep a network from learning."""

import numpy as np

from kerasdl.diagnostics.causes.evidence import Evidence, Hypothesis

WORSE = 1.2
"""A validation loss so many times the training loss is worse."""
WHY_SCALE = (
    "the gradient of a weight is as large as its input, so that one rate does not fit "
    "all weights; LeCun et al. 1998, section 4.3, https://doi.org/10.1007/3-540-49430-8_2"
)
UNUSABLE = ("data", "build", "compile", "step")
"""Kinds of findings that leave nothing to look at."""
WHY_NAN = "each value that is computed from NaN is NaN"
WHY_RARE = (
    "the loss of a rare class is a small part of the whole; King & Zeng 2001, "
    "https://doi.org/10.1093/oxfordjournals.pan.a004868"
)
WHY_LEAK = (
    "what is known only after the target is not there to predict it; Kaufman et al. "
    "2012, https://doi.org/10.1145/2382577.2382579"
)


def unusable(run: Evidence) -> Hypothesis | None:
    """Return the hypothesis if a check could not use the data or the model."""
    found = [each for each in run.of_kind(*UNUSABLE) if each.severity == "error"]
    if not found:
        return None
    cause, first = "the data or the model cannot be used", found[0]
    why = first.why or "nothing is learned without a step"
    return Hypothesis(cause, first.what, 0.99, why, advice=first.hint, certain=True)


def not_finite(run: Evidence) -> Hypothesis | None:
    """Return the hypothesis if a check found values that are NaN or infinite."""
    if not (found := run.of_kind("not-finite", "inputs")):
        return None
    what = "targets" if found[0].where == "targets" else "inputs"
    cause, seen = f"{what} are not finite", found[0].what
    return Hypothesis(cause, seen, 0.98, WHY_NAN, advice=found[0].hint, certain=True)


def not_scaled(run: Evidence) -> Hypothesis | None:
    """Return the hypothesis if a check found inputs far from zero."""
    found = run.of_kind("scale")
    if not found or run.keys.get("data.standardize", "none") != "none":
        return None
    change = {"data.standardize": "feature"}
    advice = "subtract the mean of each feature, and divide by its deviation"
    cause = "inputs not scaled"
    return Hypothesis(cause, found[0].what, 0.9, WHY_SCALE, change, advice)


def in_order(run: Evidence) -> Hypothesis | None:
    """Return the hypothesis if examples are sorted, and validation does badly."""
    losses, val_losses = run.losses, run.val_losses
    if not (found := run.of_kind("order")) or not np.isfinite(val_losses).any():
        return None
    if not val_losses[-1] >= WORSE * losses[-1]:
        return None
    seen = f"{found[0].what}, and validation does worse than training"
    advice = "shuffle the examples before fit"
    cause = "examples in order"
    return Hypothesis(cause, seen, 0.9, found[0].why, advice=advice)


def imbalanced(run: Evidence) -> Hypothesis | None:
    """Return the hypothesis if a class is rare, and its examples are not found."""
    found = run.of_kind("imbalance")
    if not found or run.keys.get("training.class_weights", "none") != "none":
        return None
    balanced = run.test.get("balanced_accuracy")
    weight = 0.6 if balanced is None else 0.8 * (balanced < 0.8)
    if not weight:
        return None
    reached = "" if balanced is None else f"; balanced accuracy is {balanced:.3g}"
    return Hypothesis(
        "rare classes",
        f"{found[0].what}{reached}",
        weight,
        WHY_RARE,
        {"training.class_weights": "balanced"},
        "weigh the classes: pass class_weight to fit",
        score="balanced_accuracy",
    )


def leaks(run: Evidence) -> Hypothesis | None:
    """Return the hypothesis if one column alone tells the target."""
    if not (found := run.of_kind("leak")):
        return None
    advice = "leave the column out: --set data.ignore"
    cause = "a column leaks the target"
    told = found[0].what
    return Hypothesis(cause, told, 0.95, WHY_LEAK, advice=advice, certain=True)
