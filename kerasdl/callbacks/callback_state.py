"""The state of other callbacks, saved with a checkpoint."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import numpy as np

from kerasdl.callbacks.callback_state_rules import check_state
from kerasdl.errors import ModelFileError

KERAS_STATE = {
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
"""The stateful attributes of Keras callbacks whose state can be saved."""
KERAS_STATEFUL = (*KERAS_STATE, keras.callbacks.BackupAndRestore)
"""All stateful callbacks of Keras, whether or not their state can be saved."""


class Kept(NamedTuple):
    """The saved state of a callback.

    Args:
        kind: Name of its class.
        place: Prefix of the names of its arrays.
        state: Attribute name to its saved value.
    """

    kind: str
    place: str
    state: dict[str, Any]


def check_savable(callbacks: Sequence[keras.callbacks.Callback]) -> None:
    """Check that the state of each callback can be saved.

    Raises:
        ValueError: For the first callback whose state cannot be saved.
    """
    for callback in callbacks:
        if not (
            hasattr(callback, "get_state") or isinstance(callback, tuple(KERAS_STATE))
        ):
            kind = type(callback).__name__
            rule = "give it get_state() and set_state(), or leave it out of `stateful`"
            raise ValueError(f"the state of {kind} cannot be saved: {rule}")


def lost_state_warnings(
    callbacks: Sequence[keras.callbacks.Callback],
    stateful: Sequence[keras.callbacks.Callback],
) -> list[str]:
    """Return a warning for each callback of `fit` that loses some of its state.

    Args:
        callbacks: All callbacks of `fit`.
        stateful: The callbacks whose state is saved.
    """
    lines = []
    for callback in callbacks:
        kind, listed = type(callback), any(callback is each for each in stateful)
        if hasattr(callback, "get_state"):
            saved = listed
        elif listed and not kind.__module__.startswith(("keras.", "kerasdl.")):
            base = next(each for each in KERAS_STATE if isinstance(callback, each))
            lines.append(
                f"only the {base.__name__} state of {kind.__name__} is saved: "
                "give it get_state() and set_state()"
            )
            saved = True
        else:
            saved = listed or not isinstance(callback, KERAS_STATEFUL)
        if not saved:
            lines.append(
                f"the state of {kind.__name__} is not saved: it is not in `stateful`"
            )
    return lines


def check_order(
    callbacks: Sequence[keras.callbacks.Callback], checkpoint: keras.callbacks.Callback
) -> None:
    """Check that no callback before `checkpoint` swaps in averages after an epoch.

    Raises:
        ValueError: If one does.
    """
    for callback in callbacks:
        if callback is checkpoint:
            return
        if getattr(callback, "swap_on_epoch", False):
            kind = type(callback).__name__
            what = f"Checkpoint would save the averages of {kind} as trained weights"
            raise ValueError(f"{what}: put {kind} after Checkpoint in `callbacks`")


def by_name(
    callbacks: Sequence[keras.callbacks.Callback],
) -> dict[str, keras.callbacks.Callback]:
    """Return callbacks by the names under which their state is saved.

    The name is that of the class, numbered from the second one on: `EarlyStopping`,
    `EarlyStopping#1`.
    """
    seen: Counter[str] = Counter()
    names: dict[str, keras.callbacks.Callback] = {}
    for callback in callbacks:
        kind = type(callback).__name__
        names[f"{kind}#{seen[kind]}" if seen[kind] else kind] = callback
        seen[kind] += 1
    return names


def kept_by_name(details: list[dict[str, Any]]) -> dict[str, Kept]:
    """Return the saved state of each callback, by name.

    Version 0.1.0 saved no names, and numbered the arrays.
    """
    seen: Counter[str] = Counter()
    saved = {}
    for number, entry in enumerate(details):
        kind = entry["kind"]
        numbered = f"{kind}#{seen[kind]}" if seen[kind] else kind
        seen[kind] += 1
        prefix = f"callbacks/{entry.get('name', number)}"
        saved[entry.get("name", numbered)] = Kept(kind, prefix, entry["state"])
    return saved


def capture(
    callbacks: Sequence[keras.callbacks.Callback],
) -> tuple[dict[str, np.ndarray], list[dict[str, Any]]]:
    """Return the state of the callbacks, as arrays and as JSON values."""
    arrays: dict[str, np.ndarray] = {}
    details = []
    for unique, callback in by_name(callbacks).items():
        values: dict[str, Any] = {}
        for name, value in _state(callback).items():
            prefix = f"callbacks/{unique}/{name}"
            # Under TensorFlow, a weight of shape () is a NumPy scalar.
            is_list = isinstance(value, list) and value
            if is_list and isinstance(value[0], np.ndarray | np.generic):
                parts = {f"{prefix}/{i}": np.array(p) for i, p in enumerate(value)}
                arrays |= parts
                values[name] = {"arrays": len(parts)}
            else:
                values[name] = {"value": _python_value(value)}
        kind = type(callback).__name__
        details.append({"name": unique, "kind": kind, "state": values})
    return arrays, details


def check(
    callbacks: Sequence[keras.callbacks.Callback],
    arrays: dict[str, np.ndarray],
    details: list[dict[str, Any]],
    weights: Sequence[np.ndarray],
) -> list[str]:
    """Check that each saved state belongs to a callback and is valid for it.

    Returns:
        Names of callbacks without a saved state, which were added later.

    Raises:
        ModelFileError: If a callback is missing, or its saved state is invalid.
    """
    saved, current = kept_by_name(details), by_name(callbacks)
    if missing := sorted(saved.keys() - current.keys()):
        what = f"`stateful` lacks {', '.join(missing)}"
        hint = "pass the same callbacks as `stateful`; new ones may be added"
        raise ModelFileError(f"{what}, whose state the checkpoint has", hint)
    for name, (_, prefix, state) in saved.items():
        callback = current[name]
        ours = type(callback).__module__.startswith(("keras.", "kerasdl."))
        has_rules = ours or not hasattr(callback, "get_state")
        kind = _kind(callback) if has_rules else ""
        check_state(kind, state, prefix, arrays, weights)
    return sorted(current.keys() - saved.keys())


def _kind(callback: Any) -> str:
    """Return the name of the class whose rules apply to a callback."""
    if hasattr(callback, "get_state"):
        return type(callback).__name__
    return next(kind.__name__ for kind in KERAS_STATE if isinstance(callback, kind))


def restore(
    callbacks: Sequence[keras.callbacks.Callback],
    arrays: dict[str, np.ndarray],
    details: list[dict[str, Any]],
) -> None:
    """Restore the state of the callbacks, which `check` has validated."""
    current: dict[str, Any] = by_name(callbacks)
    for name, (_, prefix, saved) in kept_by_name(details).items():
        state = {
            key: [arrays[f"{prefix}/{key}/{i}"] for i in range(value["arrays"])]
            if "arrays" in value
            else value["value"]
            for key, value in saved.items()
        }
        if hasattr(current[name], "set_state"):
            current[name].set_state(state)
        else:
            vars(current[name]).update(state)


def check_not_reset(
    callbacks: Sequence[keras.callbacks.Callback], details: list[dict[str, Any]]
) -> None:
    """Check that no callback of Keras has reset its restored state.

    One placed after `Checkpoint` resets it when training begins.

    Raises:
        ValueError: If one has.
    """
    current = by_name(callbacks)
    for unique, (kind, _, saved) in kept_by_name(details).items():
        callback = current[unique]
        state = {} if hasattr(callback, "get_state") else _state(callback)
        for name, value in saved.items():
            if "value" in value and name in state and state[name] != value["value"]:
                raise ValueError(f"put {kind} before Checkpoint in `callbacks`")


def _state(callback: Any) -> dict[str, Any]:
    if hasattr(callback, "get_state"):
        return callback.get_state()
    names = (
        name
        for kind, names in KERAS_STATE.items()
        if isinstance(callback, kind)
        for name in names
    )
    return {name: vars(callback)[name] for name in names if name in vars(callback)}


def _python_value(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
