"""Validation of saved states, for callbacks of Keras and of kerasdl."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasdl.checkpoint.details import (
    Rule,
    is_count,
    is_number,
    is_text,
    list_of,
    optional,
)
from kerasdl.errors import ModelFileError


def _is_line(value: Any) -> bool:
    """Return whether a value is a line of `MetricsLog`."""
    return (
        isinstance(value, dict)
        and is_count(value.get("epoch"))
        and all(v is None or is_number(v) or is_text(v) for v in value.values())
    )


BEST_WEIGHTS = "best_weights"
RULES: dict[str, dict[str, Rule]] = {
    "EarlyStopping": {
        "wait": is_count,
        "stopped_epoch": is_count,
        "best": optional(is_number),
        "best_epoch": is_count,
        BEST_WEIGHTS: lambda value: value is None,
    },
    "ReduceLROnPlateau": {
        "wait": is_count,
        "best": optional(is_number),
        "cooldown_counter": is_count,
        "bad_epochs": is_count,
    },
    "ModelCheckpoint": {"best": optional(is_number)},
    "MetricsLog": {"lines": list_of(_is_line), "before": is_count},
    "LossDiagnostics": {
        "losses": list_of(is_number),
        "val_losses": list_of(optional(is_number)),
        "told": list_of(is_text),
        "recent": list_of(is_number),
        "batches": list_of(is_count),
        "means": list_of(is_number),
    },
    "ResourceDiagnostics": {"lines": list_of(_is_line), "told": list_of(is_text)},
    "LayerDiagnostics": {"lines": list_of(_is_line), "told": list_of(is_text)},
    "NaNGuard": {"before": lambda value: list_of(is_count)(value) and len(value) == 2},
}
"""Class name to its attributes, each with the rule for its saved value."""
NEEDED = {
    "ReduceLROnPlateau": [("best",), ("bad_epochs", "wait")],  # "wait" in 0.1.0
    "MetricsLog": [("lines",)],
    "NaNGuard": [("before",)],
    **{
        kind: [(name,) for name in RULES[kind]]
        for kind in ("LossDiagnostics", "ResourceDiagnostics", "LayerDiagnostics")
    },
}
"""Class name to the attributes it requires, each with its alternative names."""


def check_state(
    kind: str,
    state: dict[str, Any],
    prefix: str,
    arrays: dict[str, np.ndarray],
    weights: Sequence[np.ndarray],
) -> None:
    """Check the saved state of one callback, before anything is restored.

    Args:
        kind: Name of its class, or "" for a third-party callback.
        state: Attribute name to its saved value.
        prefix: Prefix of the names of its arrays.
        arrays: All arrays of the checkpoint.
        weights: The weights of the model; `best_weights` must have their shapes.

    Raises:
        ModelFileError: For the first attribute with an invalid value.
    """
    rules = RULES.get(kind)
    invalid = [
        names[0]
        for names in NEEDED.get(kind, ())
        if not any(name in state for name in names)
    ]
    for name, value in state.items():
        if "value" in value:
            valid = rules is None or (name in rules and rules[name](value["value"]))
        else:
            shapes = _shapes(value["arrays"], f"{prefix}/{name}", arrays)
            best = name == BEST_WEIGHTS and shapes == [w.shape for w in weights]
            valid = shapes is not None and (rules is None or best)
        if not valid:
            invalid.append(name)
    if invalid:
        what = f"the checkpoint has no valid {invalid[0]!r} of {kind or prefix}"
        raise ModelFileError(what, "restore it from a copy, or train again")


def _shapes(
    count: int, prefix: str, arrays: dict[str, np.ndarray]
) -> list[tuple[int, ...]] | None:
    """Return the shapes of `count` numbered arrays, or None if one is missing."""
    if count > len(arrays):  # the count is untrusted: check it before using it
        return None
    names = [f"{prefix}/{number}" for number in range(count)]
    return [arrays[n].shape for n in names] if arrays.keys() >= set(names) else None
