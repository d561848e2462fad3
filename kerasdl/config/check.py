"""Validation of values against the schema; it collects every error."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kerasdl import registry
from kerasdl.config.annotations import alternatives, annotations, choice, convert
from kerasdl.config.fitting_presets import does_task, fitting_presets_hint
from kerasdl.config.rules import Choice
from kerasdl.config.schema import Config, Loss, Training
from kerasdl.config.suggestion import suggestion
from kerasdl.errors import ConfigError, InvalidConfigError


@dataclass(frozen=True)
class Entry:
    """A value of a config, and where it was set."""

    value: Any
    origin: str
    is_setting: bool = False
    """Whether a flag or `--set` set it, which no other choice drops."""


Tables = dict[str, dict[str, Entry]]
"""Entries by table name and key."""


def build_config(tables: Tables) -> Config:
    """Return the config that the tables describe, with defaults filled in.

    Raises:
        InvalidConfigError: With every error.
    """
    faults: list[ConfigError] = []
    kinds = annotations(Config)
    for name in [name for name in tables if name not in kinds]:
        origin = next((entry.origin for entry in tables[name].values()), "the config")
        what = f"unknown table [{name}] in {origin}"
        faults.append(ConfigError(what, suggestion(name, kinds)))
    built = {
        name: _build_table(name, kind, tables.get(name, {}), faults)
        for name, kind in kinds.items()
    }
    for name in ("data", "transfer", "training", "schedule"):
        if built[name] is not None:
            faults += built[name].faults()
    if None not in (built["data"], built["loss"], built["training"]):
        faults += _contradictions(built["data"], built["loss"], built["training"])
    if None not in (built["data"], built["model"]):
        faults += _model_faults(built["data"], built["model"])
    if None not in (built["data"], built["model"], built["training"]):
        faults += _weight_faults(built["data"], built["model"], built["training"])
    if None not in (built["optimizer"], built["schedule"]):
        faults += _momentum_faults(built["optimizer"], built["schedule"])
    if not faults:
        return Config(**built)
    raise InvalidConfigError(faults)


def build_data(entries: Mapping[str, Entry]) -> Any:
    """Return the `[data]` table that the entries describe.

    Raises:
        InvalidConfigError: With every error in it.
    """
    faults: list[ConfigError] = []
    kind = annotations(Config)["data"]
    data = _build_table("data", kind, entries, faults)
    if faults:
        raise InvalidConfigError(faults)
    return data


def _build_table(
    table: str, kind: Any, entries: Mapping[str, Entry], faults: list[ConfigError]
) -> Any:
    chosen, is_unknown = None, False
    if rule := choice(kind):
        given = {key: entry.value for key, entry in entries.items()}
        chosen = rule.of(given)
        # Whether the source exists is told first, when the whole config is known.
        is_unknown = rule.inferred and rule.key not in given and bool(given.get("name"))
        is_unknown = is_unknown and not rule.claiming(given)
        if chosen not in (known := registry.names(rule.registry)):
            entry = entries[rule.key]
            what = f"unknown {table}.{rule.key} (={entry.value!r}) in {entry.origin}"
            faults.append(ConfigError(what, suggestion(chosen, known)))
            return None
        kind = registry.find(rule.registry, chosen)
    hints = annotations(kind)
    hints = {f.name: hints[f.name] for f in dataclasses.fields(kind)}
    values, faults_before = {}, len(faults)
    for key, entry in entries.items():
        if key not in hints:
            what = f"unknown key {table}.{key} in {entry.origin}"
            if rule and (others := _choices_with_key(rule, key)):
                if is_unknown:
                    continue
                hint = f"{table}.{rule.key} is {chosen!r}, and {key} a key of {others}"
                faults.append(ConfigError(what, hint))
                continue
            faults.append(ConfigError(what, suggestion(key, hints)))
            continue
        try:
            values[key] = convert(entry.value, hints[key])
        except ValueError as fault:
            what = f"{table}.{key} (={entry.value!r}) in {entry.origin} is not allowed"
            faults.append(ConfigError(what, f"it {fault}"))
    faults += _conflicts(table, kind, values, entries)
    return kind(**values) if len(faults) == faults_before else None


def _conflicts(
    table: str, kind: Any, values: Mapping[str, Any], entries: Mapping[str, Entry]
) -> list[ConfigError]:
    """Return the errors of alternatives set together; a default counts as not set."""
    defaults = {f.name: f.default for f in dataclasses.fields(kind)}
    faults = []
    for keys in alternatives(kind):
        used = [k for k in keys if values.get(k, defaults[k]) != defaults[k]]
        if len(used) > 1:
            named = [f"{table}.{k} (={values[k]}) in {entries[k].origin}" for k in used]
            *others, last = used
            hint = f"keep one: remove {' and '.join(others)}, or {last}"
            what = f"{' and '.join(named)} are alternatives"
            faults.append(ConfigError(what, hint))
    return faults


def _choices_with_key(rule: Choice, key: str) -> str:
    """Return the choices whose tables have a key, as text."""
    names = registry.names(rule.registry)
    tables = {name: registry.find(rule.registry, name) for name in names}
    choices = [
        n for n, t in tables.items() if key in {f.name for f in dataclasses.fields(t)}
    ]
    return ", ".join(map(repr, choices))


def _contradictions(data: Any, loss: Loss, training: Training) -> list[ConfigError]:
    """Return the errors in combinations of keys."""
    faults = []
    if loss.smoothing == "others" and loss.label_smoothing == 0:
        what = "loss.smoothing (='others') has no effect without label smoothing"
        faults.append(ConfigError(what, "set loss.label_smoothing above 0"))
    task = registry.find("tasks", data.task)()
    faults += task.faults(data, loss, training)
    for key in ("mixup", "cutmix") if task.mixes and data.INPUTS == "tokens" else ():
        if (alpha := getattr(training, key)) > 0:
            what = f"training.{key} (={alpha}) mixes numbers, and data.kind"
            faults.append(
                ConfigError(f"{what} {data.kind!r} has tokens", "set it to 0")
            )
    monitors = ["loss", *task.metrics]
    if data.validation_fraction > 0:
        names = dict.fromkeys([*monitors, *task.scores])
        monitors += [f"val_{name}" for name in names]
    elif training.validation_scores:
        what = "training.validation_scores needs a validation split"
        faults.append(ConfigError(what, "set data.validation_fraction above 0"))
    if training.monitor not in monitors:
        what = f"training.monitor (={training.monitor!r}) is not measured in this run"
        faults.append(ConfigError(what, f"choose from {', '.join(monitors)}"))
    return faults


def _model_faults(data: Any, model: Any) -> list[ConfigError]:
    """Return the errors of a model that cannot take such data or do such a task."""
    faults, what = [], f"model.name (={model.name!r})"
    reads, has = model.reads, data.INPUTS
    if reads == has and data.ROWS and model.takes != "any":
        reads, has = model.takes, "rows of numbers"
    if reads != has:
        differs = f"reads {reads}, and data.kind {data.kind!r} has {has}"
        hint = fitting_presets_hint(data, data.ROWS)
        faults.append(ConfigError(f"{what} {differs}", hint))
    if not does_task(model, data):
        hint = "choose another model.name or data.task"
        faults.append(ConfigError(f"{what} does not do {data.task!r}", hint))
    if model.reconstructs != (data.origin == "inputs"):
        does = "reconstructs" if model.reconstructs else "does not reconstruct"
        differs = f"{does} its inputs, and data.task is {data.task!r}"
        hint = "choose another model.name or data.task"
        faults.append(ConfigError(f"{what} {differs}", hint))
    return faults


def _weight_faults(data: Any, model: Any, training: Training) -> list[ConfigError]:
    """Return the errors of weights that a model does not take."""
    if model.takes_weights:
        return []
    set_keys = {"data.weight": data.weighs_rows}
    set_keys["training.class_weights"] = training.class_weights != "none"
    what = f"model.name (={model.name!r}) takes no weights of rows or classes"
    return [
        ConfigError(what, f"remove {key}, or choose another model.name")
        for key, is_set in set_keys.items()
        if is_set
    ]


def _momentum_faults(optimizer: Any, schedule: Any) -> list[ConfigError]:
    """Return the errors of an optimizer whose momentum the schedule cycles."""
    if not schedule.cycles_momentum:
        return []
    key, hint = optimizer.momentum_key, "set schedule.cycle_momentum to false"
    if key is None:
        what = f"optimizer.name (={optimizer.name!r}) has no momentum to cycle"
        return [ConfigError(what, hint)]
    if (value := getattr(optimizer, key)) == getattr(type(optimizer), key):
        return []
    what = f"optimizer.{key} (={value}) has no effect when momentum is cycled"
    return [ConfigError(what, f"{hint}, or remove it")]
