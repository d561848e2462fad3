"""What other callbacks know, kept with a checkpoint."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import numpy as np

from kerasdl.callbacks.callback_state_rules import check_state
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


class Kept(NamedTuple):
    """What a checkpoint keeps of a callback.

    Args:
        kind: The name of its class.
        place: What the names of its arrays begin with.
        state: Name to what is kept.
    """

    kind: str
    place: str
    state: dict[str, Any]


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


def named(
    callbacks: Sequence[keras.callbacks.Callback],
) -> dict[str, keras.callbacks.Callback]:
    """Return callbacks by the names that their state is kept under.

    That is the name of the class, numbered where there are several: `EarlyStopping`,
    `EarlyStopping#1`.
    """
    seen: Counter[str] = Counter()
    found: dict[str, keras.callbacks.Callback] = {}
    for callback in callbacks:
        kind = type(callback).__name__
        found[f"{kind}#{seen[kind]}" if seen[kind] else kind] = callback
        seen[kind] += 1
    return found


def kept_by_name(details: list[dict[str, Any]]) -> dict[str, Kept]:
    """Return what a checkpoint keeps of each callback, by its name.

    Version 0.1.0 kept no names, and arrays by number.
    """
    seen: Counter[str] = Counter()
    kept = {}
    for number, entry in enumerate(details):
        kind = entry["kind"]
        numbered = f"{kind}#{seen[kind]}" if seen[kind] else kind
        seen[kind] += 1
        place = f"callbacks/{entry.get('name', number)}"
        kept[entry.get("name", numbered)] = Kept(kind, place, entry["state"])
    return kept


def capture(
    callbacks: Sequence[keras.callbacks.Callback],
) -> tuple[dict[str, np.ndarray], list[dict[str, Any]]]:
    """Return what the callbacks remember, as arrays and as JSON."""
    arrays: dict[str, np.ndarray] = {}
    details = []
    for unique, callback in named(callbacks).items():
        values: dict[str, Any] = {}
        for name, value in _state(callback).items():
            place = f"callbacks/{unique}/{name}"
            # Under TensorFlow, a weight without axes is a NumPy scalar.
            of_arrays = isinstance(value, list) and value
            if of_arrays and isinstance(value[0], np.ndarray | np.generic):
                parts = {f"{place}/{i}": np.array(part) for i, part in enumerate(value)}
                arrays |= parts
                values[name] = {"arrays": len(parts)}
            else:
                values[name] = {"value": _plain(value)}
        kind = type(callback).__name__
        details.append({"name": unique, "kind": kind, "state": values})
    return arrays, details


def check(
    callbacks: Sequence[keras.callbacks.Callback],
    arrays: dict[str, np.ndarray],
    details: list[dict[str, Any]],
    weights: Sequence[np.ndarray],
) -> list[str]:
    """Check that there is a callback for each state that is kept, which it can have.

    Returns:
        The names of callbacks of which nothing is kept, as they were added later.

    Raises:
        ModelFileError: If one is missing, or what is kept is nothing that it knows.
    """
    kept, now = kept_by_name(details), named(callbacks)
    if missing := sorted(kept.keys() - now.keys()):
        what = f"the checkpoint keeps the state of {', '.join(missing)}"
        hint = "give the same callbacks as `stateful`; others may be added"
        raise ModelFileError(f"{what}, which is not among the callbacks", hint)
    for name, (_, place, state) in kept.items():
        callback = now[name]
        ours = type(callback).__module__.startswith(("keras.", "kerasdl."))
        known = ours or not hasattr(callback, "get_state")
        check_state(_kind(callback) if known else "", state, place, arrays, weights)
    return sorted(now.keys() - kept.keys())


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
    """Give the callbacks back what they knew, once `check` has let it pass."""
    now: dict[str, Any] = named(callbacks)
    for name, (_, place, saved) in kept_by_name(details).items():
        state = {
            key: [arrays[f"{place}/{key}/{i}"] for i in range(value["arrays"])]
            if "arrays" in value
            else value["value"]
            for key, value in saved.items()
        }
        if hasattr(now[name], "set_state"):
            now[name].set_state(state)
        else:
            vars(now[name]).update(state)


def check_kept(
    callbacks: Sequence[keras.callbacks.Callback], details: list[dict[str, Any]]
) -> None:
    """Raise if callbacks of Keras forgot what was restored, because they began later.

    Raises:
        ValueError: If one did.
    """
    now = named(callbacks)
    for unique, (kind, _, saved) in kept_by_name(details).items():
        callback = now[unique]
        known = {} if hasattr(callback, "get_state") else _state(callback)
        for name, value in saved.items():
            if "value" in value and name in known and known[name] != value["value"]:
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
