"""Targets that do not fit the loss or the outputs."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np

from kerasdl.diagnostics.input_findings import feature_size
from kerasdl.finding import Finding

SUMS_TO_ONE = 1e-3
"""Outputs whose sum is so near to 1 are probabilities, in 16 bits as well."""
WHY_ONE_UNIT = (
    "a sum over classes needs a logit for each; Goodfellow et al. 2016, section 6.2.2"
)
WHY_TWICE = (
    "a softmax or sigmoid of probabilities is never near 0 or 1, so that the loss and "
    "its gradient stay away from 0; Goodfellow et al. 2016, section 6.2.2.3"
)
WHY_LOGITS = (
    "the logarithm of what is no probability is clipped, where its gradient is 0; "
    "Goodfellow et al. 2016, section 6.2.2.3"
)
WHY_NUMBERS = (
    "the squared error of class numbers says that class 1 is between 0 and 2, and one "
    "target is compared with every output; Bishop 2006, section 4.1.3"
)
LARGE = 50.0
"""A greater mean or deviation of targets is told."""
WHY_SCALE = (
    "outputs begin near zero, and move by the rate in a step of Adam, so that far targets "
    "take many steps; LeCun et al. 1998, section 4.3, "
    "https://doi.org/10.1007/3-540-49430-8_2"
)
WHY_ONE_OUTPUT = (
    "a softmax divides by the sum over the outputs, which of one is the output itself; "
    "Goodfellow et al. 2016, section 6.2.2.3"
)
WHY_BOUNDS = (
    "a loss falls by driving the last layer to its bound, where its gradient is 0; "
    "Goodfellow et al. 2016, section 6.2.2.2"
)
BOUNDS = {
    "relu": (0, np.inf),
    "sigmoid": (0, 1),
    "softmax": (0, 1),
    "softplus": (0, np.inf),
    "tanh": (-1, 1),
}
"""The range of the outputs of an activation."""
ROOM = 1e-5
"""By so much a number may be out of bounds, as by rounding."""


LossName = Literal["sparse", "categorical", "binary", "numbers"]


class LossKind(NamedTuple):
    """What a loss expects.

    Args:
        name: `sparse` for cross-entropy of integers, `categorical` and `binary` for
            that of probabilities, `numbers` for a distance of numbers.
        from_logits: Whether outputs are logits.
        ignored: A label without a loss.
    """

    name: LossName
    from_logits: bool = False
    ignored: int | None = None


def target_findings(
    loss: LossKind | None,
    y: np.ndarray,
    outputs: np.ndarray,
    activation: str = "",
    where: str = "targets",
) -> Iterator[Finding]:
    """Yield an error for each way in which targets do not fit the loss or the outputs.

    Args:
        loss: What the loss expects; None if unknown.
        y: Targets of shape `(examples, …)`.
        outputs: Outputs of the model for the same examples.
        activation: What makes the outputs: `sigmoid`, `softmax`, `tanh`, or another.
        where: Name of the targets.
    """
    if loss is None or y.dtype.kind not in "biuf" or not y.size:
        return
    found = {
        "sparse": _sparse,
        "categorical": _shares,
        "binary": _shares,
        "numbers": _numbers,
    }[loss.name](loss, y, outputs)
    for kind, what, hint, rule, why in found:
        yield Finding(kind, what, hint, where, rule=rule, why=why, severity="error")
    for kind, what, hint, rule, why in _outputs(loss, outputs, activation):
        yield Finding(kind, what, hint, "outputs", rule=rule, why=why, severity="error")
    if activation == "softmax" and outputs.ndim > 1 and outputs.shape[-1] == 1:
        what = "a softmax over one output is always 1"
        hint = "use a sigmoid for two classes, or an output for each class"
        rule, why = "2 outputs or more", WHY_ONE_OUTPUT
        yield Finding(
            "outputs", what, hint, "outputs", 1, rule, severity="error", why=why
        )
    if loss.name == "numbers" and (size := feature_size(y)[0]) > LARGE:
        what = f"targets have a mean or deviation of {size:.4g}"
        hint = "subtract their mean, and divide them by their deviation"
        rule = f"<= {LARGE:g}"
        yield Finding("target-scale", what, hint, where, size, rule, why=WHY_SCALE)
    low, high = BOUNDS.get(activation, (-np.inf, np.inf))
    if loss.name == "numbers" and _beyond(y, low, high):
        what = f"targets are {_range(y)}, and a {activation} gives {low} to {high}"
        hint = "leave out the activation of the last layer, or scale the targets"
        rule = f"{low} to {high}"
        yield Finding(
            "targets", what, hint, where, rule=rule, why=WHY_BOUNDS, severity="error"
        )


Fault = tuple[str, str, str, str, str]
"""Kind, what, hint, rule and why."""


def _sparse(loss: LossKind, y: np.ndarray, outputs: np.ndarray) -> Iterator[Fault]:
    count = outputs.shape[-1]
    rule = f"integers from 0 to {count - 1}"
    if y.ndim == outputs.ndim and y.shape[-1] == count > 1:
        what = f"targets have {count} numbers each, and the loss takes one class number"
        hint = "use categorical cross-entropy, or pass y.argmax(-1)"
        yield "targets", what, hint, rule, WHY_ONE_UNIT
        return
    if y.dtype.kind == "f" and (fractions := y[y != np.round(y)]).size:
        what = f"targets such as {fractions[0]:.6g} are no class numbers"
        hint = "for numbers use mean squared error and one output"
        yield "targets", what, hint, rule, WHY_ONE_UNIT
        return
    labels = y[y != loss.ignored] if loss.ignored is not None else y
    if _beyond(labels, 0, count - 1):
        what = f"class numbers are {_range(labels)}, and the model has {count} outputs"
        hint = "number the classes from 0, or give the last layer an output for each"
        yield "targets", what, hint, rule, WHY_ONE_UNIT


def _shares(loss: LossKind, y: np.ndarray, outputs: np.ndarray) -> Iterator[Fault]:
    count = outputs.shape[-1]
    if loss.name == "categorical" and y.shape != outputs.shape:
        what = f"targets have the shape {y.shape[1:]}, the outputs {outputs.shape[1:]}"
        hint = "use sparse categorical cross-entropy for class numbers"
        yield "targets", what, hint, f"{count} shares", WHY_ONE_UNIT
    elif _beyond(y, 0, 1):
        what = f"targets are {_range(y)}, and the loss takes probabilities"
        hint = "for numbers use mean squared error; else scale the targets to 0 to 1"
        yield "targets", what, hint, "0 to 1", WHY_BOUNDS
    elif loss.name == "categorical" and np.abs(y.sum(-1) - 1).max() > SUMS_TO_ONE:
        what = f"the targets of an example have the sum {_odd_sum(y):.4g}"
        hint = "use binary cross-entropy if an example may have several labels or none"
        yield "targets", what, hint, "a sum of 1", WHY_ONE_UNIT


def _numbers(loss: LossKind, y: np.ndarray, outputs: np.ndarray) -> Iterator[Fault]:
    count = outputs.shape[-1] if outputs.ndim > 1 else 1
    alone = y.shape == outputs.shape[:-1] or y.shape == (*outputs.shape[:-1], 1)
    if count > 1 and alone:
        what = f"an example has one target, which is compared with {count} outputs"
        hint = "give the last layer one output"
        if y.dtype.kind in "biu":
            hint = "use sparse categorical cross-entropy, if targets are class numbers"
        yield "loss-of-classes", what, hint, f"{count} targets", WHY_NUMBERS


def _outputs(loss: LossKind, outputs: np.ndarray, activation: str) -> Iterator[Fault]:
    """Yield what is said of logits as probabilities, and the reverse."""
    if loss.name == "numbers" or not np.isfinite(outputs).all():
        return
    values = outputs.astype("float64")
    if loss.from_logits:
        several = loss.name != "binary" and values.shape[-1] > 1
        is_shares = several and not _beyond(values, 0, 1)
        is_shares = is_shares and np.abs(values.sum(-1) - 1).max() < SUMS_TO_ONE
        if is_shares or activation in ("sigmoid", "softmax"):
            what = "the loss has from_logits=True, and the outputs are probabilities"
            hint = (
                "leave out the activation of the last layer, or set from_logits=False"
            )
            yield "from-logits", what, hint, "logits", WHY_TWICE
    elif _beyond(values, 0, 1):
        what = f"the loss has from_logits=False, and the outputs are {_range(values)}"
        hint = "set from_logits=True"
        yield "from-logits", what, hint, "probabilities", WHY_LOGITS


def _beyond(values: np.ndarray, low: float, high: float) -> bool:
    """Return whether any value is out of bounds by more than rounding, or NaN."""
    return bool(not ((values >= low - ROOM) & (values <= high + ROOM)).all())


def _range(values: np.ndarray) -> str:
    return f"{values.min():.6g} to {values.max():.6g}"


def _odd_sum(y: np.ndarray) -> float:
    """Return the sum over the last axis that is furthest from 1."""
    sums = y.sum(-1).ravel()
    return float(sums[np.abs(sums - 1).argmax()])
