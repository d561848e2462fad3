"""What a checkpoint may keep of the callbacks of Keras and of ours."""

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
    """Tell whether a value is what `MetricsLog` keeps of an epoch."""
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
    "MetricsLog": {"lines": list_of(_is_line)},
    "NaNGuard": {"before": lambda value: list_of(is_count)(value) and len(value) == 2},
}
"""What a value may be that a callback of Keras or of ours remembers."""
NEEDED = {
    "ReduceLROnPlateau": [("best",), ("bad_epochs", "wait")],  # the last one of 0.1.0
    "MetricsLog": [("lines",)],
    "NaNGuard": [("before",)],
}
"""What a callback of ours cannot go on without, by one of its names."""


def check_state(
    kind: str,
    kept: dict[str, Any],
    place: str,
    arrays: dict[str, np.ndarray],
    weights: Sequence[np.ndarray],
) -> None:
    """Check what is kept of one callback, before it or anything else changes.

    Args:
        kind: The name of its class, if that is Keras's or ours.
        kept: Name to what is kept.
        place: What stands before the names of its arrays.
        arrays: All arrays of the checkpoint.
        weights: Those of the model, which the best ones must be like.

    Raises:
        ModelFileError: With the first name that holds what it could not have.
    """
    rules = RULES.get(kind)
    faults = [
        names[0]
        for names in NEEDED.get(kind, ())
        if not any(name in kept for name in names)
    ]
    for name, value in kept.items():
        if "value" in value:
            right = rules is None or (name in rules and rules[name](value["value"]))
        else:
            shapes = _shapes(value["arrays"], f"{place}/{name}", arrays)
            best = name == BEST_WEIGHTS and shapes == [w.shape for w in weights]
            right = shapes is not None and (rules is None or best)
        if not right:
            faults.append(name)
    if faults:
        what = f"the checkpoint keeps no {faults[0]!r} that {kind or place} could have"
        raise ModelFileError(what, "restore it from a copy, or train again")


def _shapes(
    count: int, place: str, arrays: dict[str, np.ndarray]
) -> list[tuple[int, ...]] | None:
    """Return the shapes of so many numbered arrays, or None if one is missing."""
    if count > len(arrays):  # before anything is made of the count
        return None
    names = [f"{place}/{number}" for number in range(count)]
    return [arrays[n].shape for n in names] if arrays.keys() >= set(names) else None
