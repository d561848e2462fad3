"""A model that fits the training examples too little, or too well."""

import numpy as np

from kerasdl.diagnostics.causes.evidence import Evidence, Hypothesis

DROPOUT, WIDTHS, DECAY = "model.dropout", "model.hidden_units", "optimizer.weight_decay"
STRONG = 0.5
"""Dropout that is strong."""
APART = 1.15
"""A training loss so many times the validation loss shows what dropout costs."""
NARROW = 8
"""A layer of so few units is narrow."""
RISE = 1.1
"""A validation loss so many times its lowest one has risen."""
GAP = 3.0
"""A validation loss so many times the training loss shows examples learned by heart."""
UNITS = 64
"""Units of a small layer."""
MANY, FEW = 100, 1000
"""So many parameters for each of fewer examples learn them by heart."""
STRONG_DECAY = {"sgd": 0.03}
STRONG_DECAY_OF_ADAM = 0.3
"""Weight decay that is strong: of SGD, it adds to a gradient."""
WHY_OVER = (
    "what still lowers the training loss is true of the training examples alone; "
    "Srivastava et al. 2014, https://jmlr.org/papers/v15/srivastava14a.html"
)
WHY_DROPOUT = (
    "of a unit that is kept with probability p, a network of few units loses more than "
    "it gains; Srivastava et al. 2014, section 7.3"
)
WHY_DECAY = (
    "each step pulls the weights to zero by the rate times the decay, whatever the data "
    "say; Loshchilov & Hutter 2019, https://arxiv.org/abs/1711.05101"
)
WHY_AUGMENTED = (
    "changes that do not leave the meaning of an image alone are noise; Shorten & "
    "Khoshgoftaar 2019, https://doi.org/10.1186/s40537-019-0197-0"
)
WHY_SMALL = (
    "a network of few units cannot represent what a larger one learns; Goodfellow et al. "
    "2016, section 5.2"
)


def too_much_dropout(run: Evidence) -> Hypothesis | None:
    """Return the hypothesis if dropout is strong, and validation does better."""
    dropout, apart = run.number(DROPOUT), _apart(run)
    if dropout < STRONG or apart < APART:
        return None
    seen = f"dropout is {dropout:g}, and {_said(apart)}"
    weight = 0.4 + 0.4 * (dropout >= 0.7)
    advice = "lower the dropout"
    cause = "too much dropout"
    return Hypothesis(cause, seen, weight, WHY_DROPOUT, {DROPOUT: 0.1}, advice)


def too_much_decay(run: Evidence) -> Hypothesis | None:
    """Return the hypothesis if weight decay is strong."""
    decay, optimizer = run.number(DECAY), run.keys.get("optimizer.name")
    limit = STRONG_DECAY.get(str(optimizer), STRONG_DECAY_OF_ADAM)
    if decay < limit:
        return None
    seen = f"the weight decay is {decay:g}; above {limit:g} is rare"
    change, weight = {DECAY: limit / 30}, 0.4 + 0.3 * (decay >= 3 * limit)
    advice = "lower the weight decay"
    return Hypothesis("too much weight decay", seen, weight, WHY_DECAY, change, advice)


def harmful_augmentation(run: Evidence) -> Hypothesis | None:
    """Return the hypothesis if validation does better, on images left as they are."""
    changed: dict[str, object] = {}
    if run.keys.get("data.augment", "none") != "none":
        changed["data.augment"] = "none"
    changed |= {
        key: 0.0 for key in ("training.mixup", "training.cutmix") if run.number(key)
    }
    apart = _apart(run)
    if not changed or apart < APART:
        return None
    seen = f"{', '.join(changed)} change the training examples, and {_said(apart)}"
    advice = "augment less, or train longer"
    cause = "augmentation that hurts"
    return Hypothesis(cause, seen, 0.45, WHY_AUGMENTED, changed, advice)


def overfits(run: Evidence) -> Hypothesis | None:
    """Return the hypothesis if training examples are learned by heart."""
    losses, val_losses = run.losses, run.val_losses
    if len(losses) < 4 or not np.isfinite(val_losses).all() or val_losses.min() <= 0:
        return None
    place, rise = int(val_losses.argmin()), float(val_losses[-1] / val_losses.min())
    gap = float(val_losses[-1] / max(losses[-1], 1e-12))
    if rise >= RISE and losses[-1] < losses[place]:
        seen = (
            f"the validation loss rose to {rise:.3g} times its lowest value after epoch "
            f"{place + 1}, while the training loss fell"
        )
        weight = min(0.25 + 0.1 * (rise - 1), 0.5)
    elif gap >= GAP and val_losses[-1] > 0.02 * val_losses[0]:
        seen = f"the validation loss is {gap:.3g} times the training loss at the end"
        weight = 0.25
    else:
        return None
    if run.does_well:
        return None  # the best epoch is kept
    if gap >= GAP:
        weight += 0.2
    widths, change = run.widths(WIDTHS), {}
    if run.examples and (run.parameters or 0) > MANY * run.examples:
        seen += f", of {run.parameters:,} parameters for {run.examples:,} examples"
        weight += 0.2 * (run.examples < FEW)
        change = {WIDTHS: [UNITS]} if max(widths, default=0) > UNITS else {}
    if not change and run.number(DROPOUT, STRONG) < STRONG:
        change = {DROPOUT: STRONG}
    if not change and DECAY in run.keys:
        change = {DECAY: min(10 * max(run.number(DECAY), 0.01), 1.0)}
    advice = "stop early, add examples, augmentation, dropout or weight decay"
    return Hypothesis("overfitting", seen, weight, WHY_OVER, change, advice)


def too_small(run: Evidence) -> Hypothesis | None:
    """Return the hypothesis if few units stop learning below a baseline."""
    widths = run.widths(WIDTHS)
    if not widths or min(widths) > NARROW:
        return None
    if run.score is None or len(run.losses) < 4:
        return None
    better = [
        name for name, each in run.baselines.items() if run.is_better(each, run.score)
    ]
    if not better:
        return None
    seen = (
        f"the narrowest layer has {min(widths)} units, and the baseline “"
        f"{better[-1].replace('_', ' ')}” does better"
    )
    change = {WIDTHS: [max(UNITS, 4 * width) for width in widths]}
    weight = 0.3 + 0.4 * (min(widths) <= 4)
    advice = "take more units"
    cause = "too little capacity"
    return Hypothesis(cause, seen, weight, WHY_SMALL, change, advice)


def _apart(run: Evidence) -> float:
    """Return the lowest training loss, in lowest validation losses; 0 if unknown."""
    if not np.isfinite(run.val_losses).any() or not np.isfinite(run.losses).any():
        return 0.0
    best = float(np.nanmin(run.val_losses))
    return float(np.nanmin(run.losses)) / best if best > 0 else 0.0


def _said(apart: float) -> str:
    return f"the training loss is {apart:.3g} times the validation loss"
