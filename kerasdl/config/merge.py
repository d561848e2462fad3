"""Lay values over those of earlier layers of a config."""

from dataclasses import fields
from typing import Any

from kerasdl import registry
from kerasdl.config.annotations import alternatives, annotations, choice
from kerasdl.config.check import Entry, Tables
from kerasdl.config.schema import Config


def merge(
    tables: Tables,
    values: dict[str, dict[str, Any]],
    origin: str,
    *,
    is_setting: bool = False,
) -> None:
    """Merge values into the tables.

    Another choice for a table, such as another schedule, drops the keys that only the
    former choice had, but not those of other settings; `build_config` reports them.
    """
    kinds = annotations(Config)
    for table, keys in values.items():
        current = tables.setdefault(table, {})
        if rule := choice(kinds.get(table)):
            before = {key: entry.value for key, entry in current.items()}
            names = rule.of(before), rule.of(before | keys)
            if names[0] != names[1] and {*names} <= {*registry.names(rule.registry)}:
                former, chosen = (
                    {f.name for f in fields(registry.find(rule.registry, name))}
                    for name in names
                )
                for key in (former - chosen) & current.keys():
                    if not current[key].is_setting:
                        del current[key]
            if names[1] in registry.names(rule.registry):
                kind = registry.find(rule.registry, names[1])
                _drop_alternatives(current, keys, origin, kind)
        former_task = current.get("task")
        current |= {k: Entry(value, origin, is_setting) for k, value in keys.items()}
        if table == "data" and current.get("task") != former_task:
            _drop_meaningless(tables, current["task"])


def _drop_meaningless(tables: Tables, task: Entry) -> None:
    """Drop what other origins set that has no meaning in a newly chosen task.

    Keys of the same origin stay; `build_config` reports them.
    """
    if task.value not in registry.names("tasks"):
        return
    for name in registry.find("tasks", task.value).meaningless():
        table, _, key = name.partition(".")
        entry = tables.get(table, {}).get(key)
        if entry and entry.origin != task.origin:
            del tables[table][key]


def _drop_alternatives(
    current: dict[str, Entry], keys: dict[str, Any], origin: str, kind: type
) -> None:
    """Drop the alternatives to `keys` that another origin set.

    Alternatives of the same origin stay; `build` reports them.
    """
    for group in alternatives(kind):
        if any(keys.get(key, "none") != "none" for key in group):
            for key in group:
                if key in current and current[key].origin != origin:
                    del current[key]
