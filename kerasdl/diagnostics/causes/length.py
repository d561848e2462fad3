"""A run that ended too early, or whose warm-up fills it."""

import numpy as np

from kerasdl.diagnostics.causes.evidence import Evidence, Hypothesis

LONGER = 4
"""How many times as many epochs are tried."""
RECENT = 0.2
"""Last share of the epochs in which a run that ended early still improves."""
IMPROVES = 0.03
"""Share of the whole fall of the validation loss in these epochs, at least."""
LONG = 0.5
"""A warm-up of a longer share of the run fills it."""
ADVICE = "train longer"
WHY_EARLY = (
    "while the validation loss falls, more steps find what is true of other examples, "
    "too; Prechelt 1998, https://doi.org/10.1007/3-540-49430-8_3"
)
WHY_WARM_UP = (
    "below its highest value, the rate makes short steps, and after a long warm-up few "
    "are left; Goyal et al. 2017, section 2.2, https://arxiv.org/abs/1706.02677"
)


def too_few_epochs(run: Evidence) -> Hypothesis | None:
    """Return the hypothesis if the validation loss still falls at the end."""
    epochs = int(run.number("training.epochs", len(run.epochs)))
    losses = run.val_losses if np.isfinite(run.val_losses).any() else run.losses
    if run.status != "completed" or not np.isfinite(losses).all() or not len(losses):
        return None
    change = {"training.epochs": LONGER * epochs}
    if len(losses) < 4:
        if run.beats_all and run.baselines:
            return None
        seen = f"the run has {len(losses)} epoch{'s' * (len(losses) > 1)}"
        cause = "too few epochs"
        return Hypothesis(cause, seen, 0.55, WHY_EARLY, change, ADVICE)
    before = losses[: -max(1, round(RECENT * len(losses)))]
    fall = losses[0] - losses.min()
    recent = (before.min() - losses.min()) / fall if fall > 0 else 0.0
    if recent < IMPROVES or losses.argmin() < len(losses) - 2:
        return None
    seen = (
        f"the loss still fell in the last epochs, by {recent:.0%} of the fall of the "
        "whole run"
    )
    weight = min(0.3 + float(recent), 0.6)
    return Hypothesis("too few epochs", seen, weight, WHY_EARLY, change, ADVICE)


def warm_up(run: Evidence) -> Hypothesis | None:
    """Return the hypothesis if the rate rises for most of the run."""
    rates = run.curve("learning_rate")
    has_one = "schedule.warmup_fraction" in run.keys
    if not has_one or run.status != "completed" or len(rates) < 4:
        return None
    share = (int(rates.argmax()) + 1) / len(rates)
    if not np.isfinite(rates).all() or share <= LONG or rates.max() <= 1.5 * rates[0]:
        return None
    seen = f"the learning rate rose until {share:.0%} of the run were over"
    change = {
        "schedule.warmup_fraction": 0.1,
        "schedule.warmup_steps": "none",
        "schedule.warmup_epochs": "none",
    }
    cause, advice = "warm-up too long", "warm up for a tenth of the run"
    return Hypothesis(cause, seen, 0.75, WHY_WARM_UP, change, advice)
