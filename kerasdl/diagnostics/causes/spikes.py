"""A loss that jumps once, or stands still."""

import numpy as np

from kerasdl.diagnostics.causes.evidence import Evidence, Hypothesis
from kerasdl.diagnostics.causes.gradients import CLIP

RATE = "optimizer.learning_rate"
LEARNED = 0.8
"""Before a spike, the loss has fallen below this share of the first one."""
JUMP = 1.5
"""The mean loss of an epoch is a spike at so many times the lowest one before it."""
LEAST = 0.1
"""A spike is higher than this share of the loss of the first epoch."""
SMOOTH, QUIET = 4, 0.3
"""Before a spike there are so many epochs, and the loss rose at most by this share of the
jump, both as logarithms."""
SMALL = 0.01
"""Share of the highest learning rate below which hardly anything is learned."""
IDLE = 0.4
"""Share of a run at such rates that is told."""
WHY_SPIKE = (
    "one batch or one step was unlike the others; clipping bounds what one step can "
    "undo; Chowdhery et al. 2022, section 5.1, https://arxiv.org/abs/2204.02311"
)
WHY_IDLE = (
    "a step changes the weights by the rate times the gradient, so that nothing moves at "
    "a rate near zero; Goodfellow et al. 2016, section 8.3.1"
)


def spike(run: Evidence) -> Hypothesis | None:
    """Return the hypothesis if the loss jumped once after it had fallen."""
    losses = run.losses
    if len(losses) < 4 or not np.isfinite(losses).all():
        return None
    lowest = np.minimum.accumulate(losses)[:-1]
    is_high = losses[1:] > JUMP * lowest
    if not is_high.any() or lowest.min() <= 0:
        return None
    epoch = int(is_high.argmax()) + 1
    before = np.log(losses[:epoch])
    rises = np.diff(before).max(initial=0.0)
    if lowest[epoch - 1] > LEARNED * losses[0] or epoch < SMOOTH:
        return None
    if losses[epoch] - losses[epoch - 1] < LEAST * losses[0]:
        return None
    if rises > QUIET * np.log(losses[epoch] / losses[epoch - 1]):
        return None
    peak = float(losses[epoch:].max())
    after = losses[epoch + 1 :]
    recovered = len(after) and after.min() <= 1.1 * lowest[epoch - 1]
    seen = (
        f"the loss jumped from {lowest[epoch - 1]:.3g} to {peak:.3g} in epoch {epoch + 1}"
        f", and {'came back' if recovered else 'did not come back'}"
    )
    change: dict[str, object] = {}
    if CLIP in run.keys and not run.keys[CLIP]:
        change = {CLIP: 1.0}
    elif rate := run.number(RATE):
        change = {RATE: float(f"{rate / 3:.2g}")}
    advice = "clip the gradient, lower the rate, or look at the batches of that epoch"
    cause = "a spike of the loss"
    return Hypothesis(cause, seen, 0.7, WHY_SPIKE, change, advice)


def idle(run: Evidence) -> Hypothesis | None:
    """Return the hypothesis if the rate is next to zero for much of a run."""
    rates = run.curve("learning_rate")
    if len(rates) < 4 or not np.isfinite(rates).all() or rates.max() <= 0:
        return None
    small = rates < SMALL * rates.max()
    share = float(small[int(rates.argmax()) :].sum() / len(rates))
    if share < IDLE:
        return None
    name, change = run.keys.get("schedule.name"), {}
    if name == "step-decay":
        change = {
            "schedule.every_fraction": 0.3,
            "schedule.every_steps": "none",
            "schedule.every_epochs": "none",
            "schedule.factor": 0.1,
        }
    elif name == "plateau":
        change = {"schedule.patience": 10, "schedule.factor": 0.5}
    elif run.keys.get("training.schedule_epochs", "auto") != "auto":
        change = {"training.schedule_epochs": "auto"}
    seen = (
        f"for {share:.0%} of the run, the learning rate was below a hundredth of its "
        "highest value"
    )
    advice = "let the rate fall later"
    cause = "the rate decays too early"
    return Hypothesis(cause, seen, 0.68, WHY_IDLE, change, advice)
