"""Configs that runs of earlier versions wrote, in the keys of today.

A run writes every key there is, so a key that its config lacks did not exist. What such
a key decides is set to what the version did: the run goes on as it began. A config that
somebody wrote by hand leaves keys out, and gets today's defaults.
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
"""What a run of version 0.1 wrote."""
KEYS = {
    "one-cycle": {"name", "pct_start", "div_factor", "final_div_factor"},
    "plateau": {"name", "factor", "patience"},
}
"""The keys that it gave a schedule, where there are more of them today."""

OLD_DATA = {"standardize", "tokens", "max_length", "vocabulary_size", "stride"}
"""The keys of `[data]` that had a meaning for one kind of data, and stood in all runs."""


def translated(tables: dict[str, Any]) -> dict[str, Any]:
    """Return the tables of a file, in today's keys if an earlier version wrote them."""
    schedule = tables.get("schedule")
    if not tables.keys() >= TABLES or not isinstance(schedule, dict):
        return tables
    tables = tables | {"data": _of_its_kind(tables["data"])}
    name, patience = str(schedule.get("name")), schedule.get("patience")
    if schedule.keys() != KEYS.get(name):
        return tables
    added: dict[str, Any] = {}
    if name == "one-cycle":  # of the learning rate alone
        added = {"cycle_momentum": False}
    elif type(patience) is int:  # a cut after so many epochs, not after one more
        added = {"patience": patience - 1, "threshold": 0.0}
    return tables | {"schedule": schedule | added}


def _of_its_kind(data: Any) -> Any:
    """Return the keys of `[data]` that its kind has; once, every run had all of them."""
    if not isinstance(data, dict) or "kind" in data:
        return data
    kind = DATA.of(data)
    keys = {field.name for field in fields(registry.find("kinds", kind))}
    return {
        key: value for key, value in data.items() if key in keys or key not in OLD_DATA
    }
