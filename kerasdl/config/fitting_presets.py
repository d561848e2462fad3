"""Presets that fit data which another preset does not."""

from typing import Any

from kerasdl.config import presets
from kerasdl.errors import ConfigError


def fitting_presets_hint(data: Any, has_rows: bool) -> str:
    """Return a hint that names the presets whose model can read some data.

    Args:
        data: The `[data]` table.
        has_rows: Whether every input is a row of numbers.
    """
    fitting = [name for name in presets.names() if _fits(name, data, has_rows)]
    if not fitting:
        return "choose another --preset or --data"
    fitting.sort(key=lambda name: name not in data.PRESETS)  # the defaults come first
    return f"choose other --data, or a --preset that fits: {', '.join(fitting)}"


def _fits(preset: str, data: Any, has_rows: bool) -> bool:
    """Return whether the model of a preset reads inputs such as those of the data."""
    from kerasdl.config.load import family_of  # it imports this module

    try:
        family = family_of(preset)
    except ConfigError:  # one of the user's own
        return False
    if family is None or family.reads != data.INPUTS:
        return False
    if has_rows and family.takes != "any":
        return False
    if not does_task(family, data):
        return False
    return family.reconstructs == (data.origin == "inputs")


def does_task(family: Any, data: Any) -> bool:
    """Return whether a model family, or one of its configs, can do the task of data."""
    if family.tasks is None:
        return data.origin != "pairs"
    return not family.tasks.isdisjoint({data.task})
