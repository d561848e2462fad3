"""Checkpoints of trainings that freeze or unfreeze weights between stages."""

from collections.abc import Callable
from dataclasses import replace

import keras

from kerasdl.checkpoint import state
from kerasdl.checkpoint.snapshot import Snapshot

PREFIX = "optimizer/"
LOG = "MetricsLog"
"""The callback whose state goes on from stage to stage."""


def for_stage(
    model: keras.Model, snapshot: Snapshot, report: Callable[[str], None]
) -> Snapshot:
    """Return the snapshot with optimizer slots for the weights that are trained now.

    An optimizer has slots, such as momenta, only for the weights that it trains. Slots
    of weights that were frozen when the snapshot was saved keep their current value.
    Slots of weights that are frozen now are dropped. A weight with some of its slots
    missing is left for `state.check` to refuse.

    Args:
        model: The compiled model.
        snapshot: A checkpoint of the same model.
        report: Called with a line if slots keep their current value.
    """
    arrays, details = state.capture(model)
    if _weights(arrays) != _weights(snapshot.arrays):
        return snapshot  # another model, which `state.check` refuses
    current = _slots(model, arrays)
    saved = _slots(model, snapshot.arrays)
    added = current.keys() - saved.keys()
    dropped = {name for path in saved.keys() - current.keys() for name in saved[path]}
    if not added and not dropped:
        return snapshot
    dtypes = snapshot.details["dtypes"]
    kept = {n: a for n, a in snapshot.arrays.items() if n not in dropped}
    kept_dtypes = {n: dtype for n, dtype in dtypes.items() if n not in dropped}
    for name in (name for path in added for name in current[path]):
        kept[name], kept_dtypes[name] = arrays[name], details["dtypes"][name]
    if added:
        report(f"the optimizer starts fresh for {len(added)} weights that were frozen")
    details = snapshot.details | {"dtypes": kept_dtypes}
    return replace(snapshot, arrays=kept, details=details)


def _weights(names: dict) -> set[str]:
    return {name for name in names if name.startswith("weights/")}


def _slots(model: keras.Model, names: dict) -> dict[str, set[str]]:
    """Return the names of the optimizer's slots, by the path of their weight."""
    paths = {weight.path.replace("/", "_"): weight.path for weight in model.weights}
    longest_first = sorted(paths, key=len, reverse=True)
    slots: dict[str, set[str]] = {}
    for name in names:
        if name.startswith(PREFIX):
            slot = name.removeprefix(PREFIX)
            owners = (flat for flat in longest_first if slot.startswith(f"{flat}_"))
            if owner := next(owners, None):
                slots.setdefault(paths[owner], set()).add(name)
    return slots


def stage_of(snapshot: Snapshot) -> str:
    """Return the name of the stage that a snapshot is of; empty if it has none."""
    return str(snapshot.details.get("stage", ""))


def begin_stage(model: keras.Model, snapshot: Snapshot, stage: str) -> Snapshot:
    """Return a snapshot of another stage as the beginning of this one.

    It has the optimizer of the model at hand, its weights that the other stage has not,
    and of the callbacks only the log.

    Args:
        model: The compiled model.
        snapshot: A checkpoint of the same model.
        stage: Name of the stage that begins, or goes on.
    """
    if stage_of(snapshot) == stage:
        return snapshot
    current, details = state.capture(model)
    saved = {n for n in snapshot.arrays if not n.startswith(PREFIX)}
    new = {n for n in current if n.startswith(PREFIX)}
    new |= {n for n in current if n.startswith("weights/")} - saved
    arrays = {n: snapshot.arrays[n] for n in saved} | {n: current[n] for n in new}
    former = snapshot.details["dtypes"].items()
    dtypes = {n: d for n, d in former if not n.startswith(PREFIX)}
    dtypes |= {n: d for n, d in details["dtypes"].items() if n in new}
    kept = [each for each in snapshot.details["callbacks"] if each["kind"] == LOG]
    changed = {
        "dtypes": dtypes,
        "optimizer": details["optimizer"],
        "callbacks": kept,
        "best": None,
        "stopped": False,
    }
    return replace(snapshot, arrays=arrays, details=snapshot.details | changed)
