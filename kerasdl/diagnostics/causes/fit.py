"""A model that fits the training examples too little, or too well."""

import numpy as np

from kerasdl.diagnostics.causes.evidence import Evidence, Hypothesis

DROPOUT, WIDTHS = "model.dropout", "model.hidden_units"
STRONG = 0.5
"""Dropout that is strong."""
APART = 1.15
"""A training loss so many times the validation loss shows what dropout costs."""
NARROW = 8
"""A layer of so few units is narrow."""
RISE = 1.1
"""A validation loss so many times its lowest one has risen."""
WHY_OVER = (
    "what still lowers the training loss is true of the training examples alone; "
    "Srivastava et al. 2014, https://jmlr.org/papers/v15/srivastava14a.html"
)
WHY_DROPOUT = (
    "of a unit that is kept with probability p, a network of few units loses more than "
    "it gains; Srivastava et al. 2014, section 7.3"
)
WHY_SMALL = (
    "a network of few units cannot represent what a larger one learns; Goodfellow et al. "
    "2016, section 5.2"
)


def too_much_dropout(run: Evidence) -> Hypothesis | None:
    """Return the hypothesis if dropout is strong, and validation does better."""
    dropout = float(run.keys.get(DROPOUT, 0.0))
    best = np.nanmin(run.val_losses) if np.isfinite(run.val_losses).any() else np.nan
    if dropout < STRONG or not np.isfinite(best) or best <= 0:
        return None
    apart = float(np.nanmin(run.losses) / best)
    if apart < APART:
        return None
    seen = (
        f"dropout is {dropout:g}, and the training loss is {apart:.3g} times the "
        "validation loss"
    )
    weight = 0.4 + 0.4 * (dropout >= 0.7)
    return Hypothesis("too much dropout", seen, weight, WHY_DROPOUT, {DROPOUT: 0.1})


def overfits(run: Evidence) -> Hypothesis | None:
    """Return the hypothesis if the validation loss rises while the training loss falls."""
    losses, val_losses = run.losses, run.val_losses
    if len(losses) < 4 or not np.isfinite(val_losses).all() or val_losses.min() <= 0:
        return None
    place, rise = int(val_losses.argmin()), float(val_losses[-1] / val_losses.min())
    if rise < RISE or not losses[-1] < losses[place]:
        return None
    seen = (
        f"the validation loss rose to {rise:.3g} times its lowest value after epoch "
        f"{place + 1}, while the training loss fell"
    )
    change: dict[str, object] = {}
    if DROPOUT in run.keys and float(run.keys[DROPOUT]) < STRONG:
        change = {DROPOUT: STRONG}
    elif "optimizer.weight_decay" in run.keys:
        decay = float(run.keys["optimizer.weight_decay"])
        change = {"optimizer.weight_decay": min(10 * max(decay, 0.01), 1.0)}
    weight = min(0.25 + 0.1 * (rise - 1), 0.5)
    return Hypothesis("too little regularisation", seen, weight, WHY_OVER, change)


def too_small(run: Evidence) -> Hypothesis | None:
    """Return the hypothesis if few units stop learning below a baseline."""
    widths = run.keys.get(WIDTHS)
    if not isinstance(widths, list | tuple) or not widths or min(widths) > NARROW:
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
    change = {WIDTHS: [max(64, 4 * width) for width in widths]}
    weight = 0.3 + 0.4 * (min(widths) <= 4)
    return Hypothesis("too little capacity", seen, weight, WHY_SMALL, change)
