"""Translation of configs that runs of earlier versions wrote.

A run writes every key, so a key that its config lacks did not exist. Such a key is set
to what that version did, so that the run continues as it began. A config written by
hand leaves keys out, and gets today's defaults.
"""

from dataclasses import fields
from typing import Any

from kerasdl import registry
from kerasdl.config.schema import DATA

TABLES = {
    "about",
    "data",
    "model",
    "loss",
    "optimizer",
    "schedule",
    "training",
    "precision",
    "checkpoint",
}
"""The tables that a run of version 0.1 wrote."""
KEYS = {
    "one-cycle": {"name", "pct_start", "div_factor", "final_div_factor"},
    "plateau": {"name", "factor", "patience"},
}
"""The keys of schedules in version 0.1, for those that have more keys today."""

OLD_DATA = {"standardize", "tokens", "max_length", "vocabulary_size", "stride"}
"""The keys of `[data]` that apply to one kind; version 0.1 wrote them in every run."""


def translated(tables: dict[str, Any]) -> dict[str, Any]:
    """Return the tables of a file, in today's keys if an earlier version wrote them."""
    schedule = tables.get("schedule")
    if not tables.keys() >= TABLES or not isinstance(schedule, dict):
        return tables
    tables = tables | {"data": _without_other_kinds(tables["data"])}
    name, patience = str(schedule.get("name")), schedule.get("patience")
    if schedule.keys() != KEYS.get(name):
        return tables
    added: dict[str, Any] = {}
    if name == "one-cycle":  # it cycled the learning rate alone
        added = {"cycle_momentum": False}
    elif type(patience) is int:  # it cut after `patience` epochs, not one later
        added = {"patience": patience - 1, "threshold": 0.0}
    return tables | {"schedule": schedule | added}


def _without_other_kinds(data: Any) -> Any:
    """Drop the old keys of `[data]` that its kind does not have."""
    if not isinstance(data, dict) or "kind" in data:
        return data
    kind = DATA.of(data)
    keys = {field.name for field in fields(registry.find("kinds", kind))}
    return {
        key: value for key, value in data.items() if key in keys or key not in OLD_DATA
    }
