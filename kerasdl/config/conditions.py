"""Tables of a preset that hold for one kind of data or for one task alone.

    [kind.table.data]
    scaling = "robust"

    [task.regression.optimizer]
    learning_rate = 0.2

They come right after the other tables of their file, so that later files and settings
overrule them.
"""

from collections.abc import Mapping
from typing import Any

from kerasdl import registry
from kerasdl.config.schema import DATA
from kerasdl.config.suggestion import suggestion
from kerasdl.errors import ConfigError

REGISTRIES = {"kind": "kinds", "task": "tasks"}
"""Registry of the names that a condition may have."""
DECIDING = ("kind", "name", "task")
"""Keys of `[data]` that decide which conditions hold."""


def chosen(data: Mapping[str, Any]) -> dict[str, str]:
    """Return the kind of data and the task that entries of `[data]` choose.

    Args:
        data: Entries by key, with a `value` each.
    """
    values = {key: entry.value for key, entry in data.items()}
    kind = DATA.of(values)
    if kind not in registry.names("kinds"):
        return {}
    task = values.get("task", registry.find("kinds", kind).task)
    return {"kind": kind, "task": str(task)}


def pop(
    tables: dict[str, Any],
    chosen: Mapping[str, str],
    origin: str,
    faults: list[ConfigError],
) -> list[dict[str, Any]]:
    """Remove the conditional tables of a file and return those that hold.

    Args:
        tables: The tables of the file.
        chosen: What `chosen` returned.
        origin: Path of the file, for messages.
        faults: Gets the errors of all conditional tables.
    """
    holding = []
    for condition in [each for each in REGISTRIES if each in tables]:
        for name, conditional in tables.pop(condition).items():
            where = f"[{condition}.{name}] in {origin}"
            found = _faults(condition, name, conditional, where)
            faults += found
            if not found and chosen.get(condition) == name:
                holding.append(conditional)
    return holding


def _faults(
    condition: str, name: str, conditional: Any, where: str
) -> list[ConfigError]:
    """Return the errors of the tables of one condition."""
    known = registry.names(REGISTRIES[condition])
    if name not in known:
        return [ConfigError(f"unknown {condition} {where}", suggestion(name, known))]
    if not isinstance(conditional, dict) or not all(
        isinstance(table, dict) for table in conditional.values()
    ):
        what = f"{where} is no group of tables"
        return [ConfigError(what, f"write such as [{condition}.{name}.model]")]
    return [
        ConfigError(f"data.{key} is set by {where}", "move it to the [data] table")
        for key in DECIDING
        if key in conditional.get("data", {})
    ]
