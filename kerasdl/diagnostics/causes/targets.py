"""Targets that the inputs do not tell, or that are wrong."""

from kerasdl.diagnostics.causes.evidence import Evidence, Hypothesis

LITTLE = 0.15
"""Share of the way from the simplest baseline to a perfect score. What covers less has
learned next to nothing."""
EVEN = 0.6
"""Predictions of most confidence are wrong nearly as often as all if labels are wrong."""
OFTEN = 0.08
"""Share of the most confident predictions that is wrong often."""
AS_GOOD = 0.1
"""A model so little below the best baseline is as good as it."""
FEWEST = 50
"""Of fewer training examples, nothing learns."""
RANKED = 0.65
"""An area under the ROC curve that is above chance."""
MISFITS = ("targets", "outputs", "loss-of-classes", "from-logits")
"""Kinds of findings about targets that do not fit."""
WHY_UNRELATED = (
    "a model that learns targets of other inputs learns them by heart; Zhang et al. "
    "2017, https://arxiv.org/abs/1611.03530"
)
WHY_WRONG = (
    "a model is sure far from the border of two classes, and yet the label says another; "
    "Northcutt et al. 2021, https://arxiv.org/abs/1911.00068"
)
WHY_MISFIT = (
    "a loss is made for one form of targets and outputs; Goodfellow et al. 2016, "
    "section 6.2.2"
)


def misfit(run: Evidence) -> Hypothesis | None:
    """Return the hypothesis if a check found that targets, outputs and loss differ."""
    found = [
        finding for finding in run.of_kind(*MISFITS) if finding.severity == "error"
    ]
    if not found:
        return None
    cause, first = "the loss does not fit the targets", found[0]
    return Hypothesis(
        cause, first.what, 0.97, WHY_MISFIT, advice=first.hint, certain=True
    )


def not_scaled(run: Evidence) -> Hypothesis | None:
    """Return the hypothesis if a check found targets far from zero."""
    if not (found := run.of_kind("target-scale")):
        return None
    cause, first = "targets not scaled", found[0]
    return Hypothesis(cause, first.what, 0.85, first.why, advice=first.hint)


def unrelated(run: Evidence) -> Hypothesis | None:
    """Return the hypothesis if neither the model nor a baseline learns from the inputs."""
    shares = [run.way_to_perfect(score) for score in run.baselines.values()]
    own = None if run.score is None else run.way_to_perfect(run.score)
    known = [share for share in shares[1:] if share is not None]
    if own is None or not known or max(own, *known) > LITTLE:
        return None
    if run.examples is not None and run.examples < FEWEST:
        return None
    if run.ranking > RANKED or run.of_kind("imbalance"):
        return None  # few of a rare class are found, and yet they are told apart
    first, *_ = run.baselines
    seen = (
        f"neither the network nor a baseline is much better than the "
        f"{first.replace('_', ' ')}"
    )
    advice = (
        "compare some rows with their source: labels may be shuffled or joined wrong"
    )
    cause = "the inputs do not tell the targets"
    return Hypothesis(cause, seen, 0.92, WHY_UNRELATED, advice=advice)


def wrong_labels(run: Evidence) -> Hypothesis | None:
    """Return the hypothesis if a good model is wrong where it is most confident."""
    errors, own = run.errors, run.score
    if errors is None or own is None or errors.confident < OFTEN:
        return None
    if errors.confident < EVEN * errors.all or errors.least < OFTEN / 2:
        return None
    shares = [run.way_to_perfect(score) for score in (own, *run.baselines.values())]
    reached = [share for share in shares if share is not None]
    if not reached or reached[0] < max(LITTLE, max(reached) - AS_GOOD):
        return None
    seen = (
        f"of the quarter of the test examples that it is most sure of, "
        f"{errors.confident:.0%} are wrong, of all {errors.all:.0%}"
    )
    advice = "look at the largest mistakes in the report, and correct their labels"
    return Hypothesis(
        "wrong labels", seen, 0.72, WHY_WRONG, advice=advice, certain=True
    )
