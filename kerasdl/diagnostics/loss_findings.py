"""What the losses of a run say while it trains."""

import math
from collections.abc import Iterator, Sequence
from statistics import median

from kerasdl.finding import Finding

WINDOWS = 20
"""Former values that a spike is compared with."""
TIMES, LEAST = 6.0, 0.1
"""A spike lies more than `TIMES` robust deviations above the median. A deviation is at
least `LEAST` of the median."""
NORMAL = 1.4826
"""The standard deviation of a normal distribution, in median absolute deviations."""
PATIENCE = 10
"""Epochs without progress that are told."""
PROGRESS = 0.01
"""A lower fall of the loss, as a share of it, is no progress."""
HARDLY = 0.1
"""A run whose loss fell by a lower share of the first one has not learned."""
RISING, RISE = 5, 0.2
"""The validation loss of so many epochs in a row lies this share above the lowest one
if a model overfits."""
WHY_SPIKE = (
    "one step was too long for the curvature, or one batch is unlike the others; "
    "Chowdhery et al. 2022, section 5.1, https://arxiv.org/abs/2204.02311"
)
WHY_PLATEAU = (
    "steps are too long or too short to make progress, or all is learned that can be; "
    "Goodfellow et al. 2016, section 8.2"
)
WHY_OVERFITTING = (
    "what still lowers the training loss is true of the training examples alone; "
    "Goodfellow et al. 2016, section 7.8"
)


def is_spike(former: Sequence[float], loss: float) -> bool:
    """Return whether a loss is an outlier above those before it.

    This is the Hampel identifier: a distance from the median, in median absolute
    deviations. Without `WINDOWS` former losses, nothing is a spike.

    Args:
        former: The losses before it, oldest first; the last `WINDOWS` count.
        loss: The loss.
    """
    recent = former[-WINDOWS:]
    if len(recent) < WINDOWS or not all(map(math.isfinite, (*recent, loss))):
        return False
    usual = median(recent)
    deviation = NORMAL * median(abs(each - usual) for each in recent)
    return loss - usual > TIMES * max(deviation, LEAST * abs(usual))


def spike(loss: float, usual: float, place: str) -> Finding:
    """Return the finding of a spike.

    Args:
        loss: The loss.
        usual: The median of those before it.
        place: Where it was, such as `"batch 40 of epoch 2"`.
    """
    return Finding(
        "loss-spike",
        f"the loss jumped to {loss:.3g} from {usual:.3g} near {place}",
        "lower the learning rate, warm up longer, or clip: optimizer.global_clipnorm",
        value=loss,
        why=WHY_SPIKE,
    )


def not_finite(name: str, epoch: int, *, skipped: bool) -> Finding:
    """Return the finding of a loss that is NaN or infinite.

    Args:
        name: Name of the loss.
        epoch: The epoch, 0-based.
        skipped: Whether the optimizer skips such steps, so that the weights stay.
    """
    return Finding(
        "loss-not-finite",
        f"{name} is not finite in epoch {epoch + 1}",
        "lower the learning rate, clip the gradients, or look for NaN in the data",
        name,
        rule="finite",
        severity="warning" if skipped else "error",
        why="a step along a gradient that is not finite makes all weights NaN",
    )


def plateau(losses: Sequence[float]) -> Iterator[Finding]:
    """Yield a finding if the loss has not fallen for `PATIENCE` epochs.

    Args:
        losses: The training loss of each epoch.
    """
    if len(losses) <= PATIENCE or not all(map(math.isfinite, losses)):
        return
    before, recent = min(losses[:-PATIENCE]), min(losses[-PATIENCE:])
    if before - recent >= PROGRESS * abs(before):
        return
    first, best = losses[0], min(before, recent)
    learned = first - best >= HARDLY * abs(first)
    yield Finding(
        "plateau",
        f"the loss has not fallen by {PROGRESS:.0%} in {PATIENCE} epochs: it is "
        f"{recent:.3g}, and was {first:.3g} after the first one",
        "lower the learning rate, or stop"
        if learned
        else "try kerasdl lr-find; check that the targets fit the inputs",
        value=recent,
        severity="info" if learned else "warning",
        why=WHY_PLATEAU,
    )


def overfitting(
    losses: Sequence[float], val_losses: Sequence[float | None]
) -> Iterator[Finding]:
    """Yield a finding if the validation loss rises while the training loss falls.

    Args:
        losses: The training loss of each epoch.
        val_losses: The validation loss of each epoch, None where it was not measured.
    """
    known = [
        (val_loss, epoch)
        for epoch, val_loss in enumerate(val_losses)
        if val_loss is not None
    ]
    if len(known) <= RISING or not all(map(math.isfinite, losses)):
        return
    lowest, epoch = min(known)
    limit, recent = lowest + RISE * abs(lowest), [each for each, _ in known[-RISING:]]
    if not all(math.isfinite(each) for each, _ in known) or min(recent) <= limit:
        return
    then, now = losses[epoch], losses[known[-1][1]]
    if now < then:
        yield Finding(
            "overfitting",
            f"val_loss rose from {lowest:.3g} in epoch {epoch + 1} to "
            f"{recent[-1]:.3g}, while loss fell from {then:.3g} to {now:.3g}",
            "stop early, or add data, augmentation, dropout or weight decay",
            "val_loss",
            recent[-1],
            f"<= {limit:.3g}",
            why=WHY_OVERFITTING,
        )
