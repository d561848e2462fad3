"""Errors of `data.target`."""

from collections.abc import Collection, Mapping, Sequence

from kerasdl import registry
from kerasdl.data.targets import IN_THE_DATA
from kerasdl.errors import ConfigError


def target_faults(
    names: Sequence[str], others: Mapping[str, Collection[str]], task: str
) -> list[ConfigError]:
    """Return the errors of columns to predict.

    Args:
        names: The columns.
        others: Columns that no target may be one of, by their key of `[data]`.
        task: Name of the task.
    """
    faults = []
    if len(names) > 1 and "" in names:
        what = "data.target holds an empty name"
        faults.append(ConfigError(what, "name columns, or remove it"))
    for name in filter(None, dict.fromkeys(names)):
        keys = [f"data.{key}" for key, columns in others.items() if name in columns]
        if keys:
            what = f"data.target (={name!r}) is in {' and '.join(keys)}"
            faults.append(ConfigError(what, "remove it there"))
        if names.count(name) > 1:
            what = f"data.target names {name!r} {names.count(name)} times"
            faults.append(ConfigError(what, "name it once"))
    predicts = registry.find("tasks", task)
    if (
        len(names) > 1
        and predicts.origin in IN_THE_DATA
        and not predicts.several_targets
    ):
        what = (
            f"data.target names {len(names)} columns, data.task {task!r} predicts one"
        )
        faults.append(ConfigError(what, "name one, or choose another data.task"))
    return faults
