"""Weights that cannot learn."""

from kerasdl.diagnostics.causes.evidence import Evidence, Hypothesis

WHY_EQUAL = (
    "units with equal weights have equal gradients, so that a layer learns as one unit; "
    "Goodfellow et al. 2016, section 8.4"
)
WHY_NO_PATH = (
    "the chain rule multiplies the slopes of all operations between a weight and the "
    "loss; one slope of zero stops learning; Goodfellow et al. 2016, section 6.5"
)


def equal_units(run: Evidence) -> Hypothesis | None:
    """Return the hypothesis if the units of a layer start equal, and stay so."""
    if not (found := run.of_kind("equal-units")):
        return None
    advice = "draw the initial weights at random, such as by glorot_uniform"
    return Hypothesis(
        "all units start equal", found[0].what, 0.96, WHY_EQUAL, advice=advice
    )


def no_path(run: Evidence) -> Hypothesis | None:
    """Return the hypothesis if weights have no gradient, and no unit is dead."""
    found = [each for each in run.of_kind("gradient", "no-gradient") if each.value == 0]
    if not found or run.of_kind("dead-units", "saturated"):
        return None
    advice = (
        "look for argmax, round, a cast to integers, stop_gradient, or a layer whose "
        "output is not used"
    )
    cause, told = "no path for the gradient", found[0].what
    weight = 0.88 if run.of_kind("scale", "inputs") else 0.94
    return Hypothesis(cause, told, weight, WHY_NO_PATH, advice=advice, certain=True)
