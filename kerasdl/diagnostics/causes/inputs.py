"""Inputs and targets that keep a network from learning."""

from kerasdl.diagnostics.causes.evidence import Evidence, Hypothesis

WHY_SCALE = (
    "the gradient of a weight is as large as its input, so that one rate does not fit "
    "all weights; LeCun et al. 1998, section 4.3, https://doi.org/10.1007/3-540-49430-8_2"
)
WHY_RARE = (
    "the loss of a rare class is a small part of the whole; King & Zeng 2001, "
    "https://doi.org/10.1093/oxfordjournals.pan.a004868"
)
WHY_LEAK = (
    "what is known only after the target is not there to predict it; Kaufman et al. "
    "2012, https://doi.org/10.1145/2382577.2382579"
)


def not_scaled(run: Evidence) -> Hypothesis | None:
    """Return the hypothesis if a check found inputs far from zero."""
    found = run.of_kind("inputs", "scale")
    if not found or run.keys.get("data.standardize") != "none":
        return None
    change = {"data.standardize": "feature"}
    return Hypothesis("inputs not scaled", found[0].what, 0.9, WHY_SCALE, change)


def imbalanced(run: Evidence) -> Hypothesis | None:
    """Return the hypothesis if a class is rare, and its examples are not found."""
    found = run.of_kind("imbalance")
    if not found or run.keys.get("training.class_weights") != "none":
        return None
    balanced = run.test.get("balanced_accuracy")
    weight = 0.6 if balanced is None else 0.8 * (balanced < 0.8)
    if not weight:
        return None
    reached = "" if balanced is None else f"; balanced accuracy is {balanced:.3g}"
    change = {"training.class_weights": "balanced"}
    seen = f"{found[0].what}{reached}"
    return Hypothesis("rare classes", seen, weight, WHY_RARE, change)


def leaks(run: Evidence) -> Hypothesis | None:
    """Return the hypothesis if one column alone tells the target."""
    if not (found := run.of_kind("leak")):
        return None
    advice = "leave the column out: --set data.ignore"
    cause = "a column leaks the target"
    return Hypothesis(cause, found[0].what, 0.95, WHY_LEAK, advice=advice)
