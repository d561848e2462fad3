"""What other callbacks know, kept with a checkpoint."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from kerasdl.callbacks.state_rules import check_state
from kerasdl.errors import ModelFileError

KNOWN = {
    keras.callbacks.EarlyStopping: (
        "wait",
        "stopped_epoch",
        "best",
        "best_epoch",
        "best_weights",
    ),
    keras.callbacks.ReduceLROnPlateau: ("wait", "best", "cooldown_counter"),
    keras.callbacks.ModelCheckpoint: ("best",),
}
"""The attributes in which a callback of Keras remembers something."""
KEEPING = (*KNOWN, keras.callbacks.BackupAndRestore)
"""Callbacks of Keras that remember something, whether or not it can be kept."""


def check_keepable(callbacks: Sequence[keras.callbacks.Callback]) -> None:
    """Raise unless the state of each callback can be kept.

    Raises:
        ValueError: With the first whose cannot.
    """
    for callback in callbacks:
        if not (hasattr(callback, "get_state") or isinstance(callback, tuple(KNOWN))):
            kind = type(callback).__name__
            rule = "give it get_state() and set_state(), or leave it out of `stateful`"
            raise ValueError(f"the state of {kind} cannot be kept: {rule}")


def not_kept(
    callbacks: Sequence[keras.callbacks.Callback],
    stateful: Sequence[keras.callbacks.Callback],
) -> list[str]:
    """Return a line for each callback of `fit` whose state is lost, or lost in part.

    Args:
        callbacks: All callbacks of `fit`.
        stateful: Those whose state is kept.
    """
    lines = []
    for callback in callbacks:
        kind, named = type(callback), any(callback is kept for kept in stateful)
        if hasattr(callback, "get_state"):
            known = named
        elif named and not kind.__module__.startswith(("keras.", "kerasdl.")):
            base = next(known for known in KNOWN if isinstance(callback, known))
            lines.append(f"of {kind.__name__}, only what {base.__name__} knows is kept")
            known = True
        else:
            known = named or not isinstance(callback, KEEPING)
        if not known:
            lines.append(
                f"what {kind.__name__} knows is not kept: it is not in `stateful`"
            )
    return lines


def check_order(
    callbacks: Sequence[keras.callbacks.Callback], checkpoint: keras.callbacks.Callback
) -> None:
    """Raise if a callback before `checkpoint` leaves other weights than those trained.

    Raises:
        ValueError: If one does.
    """
    for callback in callbacks:
        if callback is checkpoint:
            return
        if getattr(callback, "swap_on_epoch", False):
            kind = type(callback).__name__
            what = f"{kind} would let Checkpoint save averages as if they were trained"
            raise ValueError(f"{what}: put it behind Checkpoint among the callbacks")


def capture(
    callbacks: Sequence[keras.callbacks.Callback],
) -> tuple[dict[str, np.ndarray], list[dict[str, Any]]]:
    """Return what the callbacks remember, as arrays and as JSON."""
    arrays: dict[str, np.ndarray] = {}
    details = []
    for number, callback in enumerate(callbacks):
        values: dict[str, Any] = {}
        for name, value in _state(callback).items():
            place = f"callbacks/{number}/{name}"
            if isinstance(value, list) and value and isinstance(value[0], np.ndarray):
                parts = {f"{place}/{i}": np.array(part) for i, part in enumerate(value)}
                arrays |= parts
                values[name] = {"arrays": len(parts)}
            else:
                values[name] = {"value": _plain(value)}
        details.append({"kind": type(callback).__name__, "state": values})
    return arrays, details


def check(
    callbacks: Sequence[keras.callbacks.Callback],
    arrays: dict[str, np.ndarray],
    details: list[dict[str, Any]],
    weights: Sequence[np.ndarray],
) -> None:
    """Raise unless the callbacks are of the kinds that were captured, in their order.

    Raises:
        ModelFileError: If they are not, or if what is kept is nothing that they know.
    """
    saved = [callback["kind"] for callback in details]
    now = [type(callback).__name__ for callback in callbacks]
    if saved != now:
        what = f"the checkpoint keeps the state of {saved}, not of {now}"
        raise ModelFileError(what, "give the same callbacks in the same order")
    for number, (callback, kept) in enumerate(zip(callbacks, details, strict=True)):
        ours = type(callback).__module__.startswith(("keras.", "kerasdl."))
        known = ours or not hasattr(callback, "get_state")
        kind = _kind(callback) if known else ""
        check_state(kind, kept["state"], f"callbacks/{number}", arrays, weights)


def _kind(callback: Any) -> str:
    """Return the class that the rules for a callback are named after."""
    if hasattr(callback, "get_state"):
        return type(callback).__name__
    return next(kind.__name__ for kind in KNOWN if isinstance(callback, kind))


def restore(
    callbacks: Sequence[keras.callbacks.Callback],
    arrays: dict[str, np.ndarray],
    details: list[dict[str, Any]],
) -> None:
    """Give the callbacks back what they knew; they are those of `capture`, in order."""
    for number, (callback, saved) in enumerate(zip(callbacks, details, strict=True)):
        state = {}
        for name, value in saved["state"].items():
            place = f"callbacks/{number}/{name}"
            state[name] = (
                [arrays[f"{place}/{i}"] for i in range(value["arrays"])]
                if "arrays" in value
                else value["value"]
            )
        if hasattr(callback, "set_state"):
            callback.set_state(state)
        else:
            vars(callback).update(state)


def check_kept(
    callbacks: Sequence[keras.callbacks.Callback], details: list[dict[str, Any]]
) -> None:
    """Raise if callbacks of Keras forgot what was restored, because they began later.

    Raises:
        ValueError: If one did.
    """
    for callback, saved in zip(callbacks, details, strict=True):
        known = {} if hasattr(callback, "get_state") else _state(callback)
        for name, value in saved["state"].items():
            if "value" in value and name in known and known[name] != value["value"]:
                kind = type(callback).__name__
                raise ValueError(f"put {kind} before Checkpoint among the callbacks")


def _state(callback: Any) -> dict[str, Any]:
    if hasattr(callback, "get_state"):
        return callback.get_state()
    names = (
        name
        for kind, names in KNOWN.items()
        if isinstance(callback, kind)
        for name in names
    )
    return {name: vars(callback)[name] for name in names if name in vars(callback)}


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
