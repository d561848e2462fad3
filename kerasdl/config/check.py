"""Check values against the schema, gathering every fault instead of the first."""

import difflib
import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from kerasdl.config.optimization import OneCycle
from kerasdl.config.schema import Config, Data, Loss, Training
from kerasdl.errors import ConfigError, InvalidConfigError

METRICS = {
    "classification": "accuracy",
    "regression": "r2_score",
    "language-modelling": "accuracy",
}
"""The metric followed during training, for each task; the loss of reconstruction, in
units of the variance, is metric enough."""

SCORES = {
    "classification": "accuracy",
    "regression": "r2_score",
    "language-modelling": "bits_per_character",
    "reconstruction": "r2_score",
}
"""The score of the test split that stands beside that of simple models."""

KIND_NAMES = {int: "an integer", float: "a number", str: "text", bool: "true or false"}


@dataclass(frozen=True)
class Given:
    """A value somebody wrote, and where."""

    value: Any
    origin: str


Tables = dict[str, dict[str, Given]]
"""Table name to key to what was given."""


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return `did you mean …?`, or the list of what is known."""
    known = list(known)
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"choose from {', '.join(known)}"


def variants(annotation: Any) -> dict[str, type]:
    """Return the dataclasses of a union by their `name`; empty for other types."""
    if get_origin(annotation) not in (Union, types.UnionType):
        return {}
    return {option.name: option for option in get_args(annotation)}


def convert(value: Any, annotation: Any) -> Any:
    """Return `value` as the annotated type.

    Raises:
        ValueError: With the rule that `value` breaks.
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        converted = convert(value, arguments[0])
        for rule in arguments[1:]:
            if complaint := rule.complaint(converted):
                raise ValueError(complaint)
        return converted
    if origin is Literal:
        if value not in arguments:
            raise ValueError(f"must be {' or '.join(map(repr, arguments))}")
        return value
    if origin in (Union, types.UnionType):
        return _convert_any(value, arguments)
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise ValueError("must be a list")
        return tuple(convert(item, arguments[0]) for item in value)
    if annotation is float and type(value) is int:
        return float(value)
    if type(value) is not annotation:
        raise ValueError(f"must be {KIND_NAMES[annotation]}")
    if annotation is str:
        _require_unicode(value)
    return value


def _require_unicode(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("must be valid Unicode, to be written to files") from None


def _convert_any(value: Any, options: tuple[Any, ...]) -> Any:
    complaints = []
    for option in options:
        try:
            return convert(value, option)
        except ValueError as fault:
            complaints.append(str(fault))
    raise ValueError(", or ".join(complaints))


def build(tables: Tables) -> Config:
    """Return the config that the tables describe, defaults filled in.

    Raises:
        InvalidConfigError: With every fault found.
    """
    faults: list[ConfigError] = []
    kinds = get_type_hints(Config, include_extras=True)
    for name in [name for name in tables if name not in kinds]:
        origin = next((given.origin for given in tables[name].values()), "the config")
        what = f"unknown table [{name}] in {origin}"
        faults.append(ConfigError(what, suggestion(name, kinds)))
    built = {
        name: _build_table(name, kind, tables.get(name, {}), faults)
        for name, kind in kinds.items()
    }
    if None not in (built["data"], built["loss"], built["training"]):
        faults += _contradictions(built["data"], built["loss"], built["training"])
    if None not in (built["optimizer"], built["schedule"]):
        faults += _cycled(built["optimizer"], built["schedule"])
    if not faults:
        return Config(**built)
    raise InvalidConfigError(faults)


def _build_table(
    table: str, kind: Any, given: Mapping[str, Given], faults: list[ConfigError]
) -> Any:
    if options := variants(kind):
        default = getattr(Config(), table).name
        name = given.get("name", Given(default, "the schema"))
        if str(name.value) not in options:
            what = f"unknown {table}.name (={name.value!r}) in {name.origin}"
            faults.append(ConfigError(what, suggestion(str(name.value), options)))
            return None
        kind = options[str(name.value)]
    hints = get_type_hints(kind, include_extras=True)
    values, sound = {}, len(faults)
    for key, entry in given.items():
        if key not in hints:
            what = f"unknown key {table}.{key} in {entry.origin}"
            faults.append(ConfigError(what, suggestion(key, hints)))
            continue
        try:
            values[key] = convert(entry.value, hints[key])
        except ValueError as fault:
            what = f"{table}.{key} (={entry.value!r}) in {entry.origin} is not allowed"
            faults.append(ConfigError(what, f"it {fault}"))
    return kind(**values) if len(faults) == sound else None


def _contradictions(data: Data, loss: Loss, training: Training) -> list[ConfigError]:
    """Return the faults that no single key shows."""
    faults = []
    if loss.smoothing == "others" and loss.label_smoothing == 0:
        what = "loss.smoothing (='others') has nothing to spread"
        faults.append(ConfigError(what, "set loss.label_smoothing above 0"))
    if data.task in ("regression", "reconstruction") and loss.label_smoothing > 0:
        what = f"loss.label_smoothing (={loss.label_smoothing}) needs classes"
        hint = "set it to 0, or data.task to 'classification'"
        faults.append(ConfigError(what, hint))
    for key in ("mixup", "cutmix"):
        alpha = getattr(training, key)
        if alpha > 0 and data.task != "classification":
            what = f"training.{key} (={alpha}) needs classes"
            hint = "set it to 0, or data.task to 'classification'"
            faults.append(ConfigError(what, hint))
        if alpha > 0 and loss.smoothing == "others":
            what = f"training.{key} (={alpha}) mixes classes, of which none is the true"
            faults.append(ConfigError(what, "set loss.smoothing to 'uniform'"))
    faults += _without_meaning(data)
    monitors = ["loss"]
    if data.task in METRICS:
        monitors.append(METRICS[data.task])
    if data.validation_fraction > 0:
        monitors += [f"val_{name}" for name in monitors]
    if training.monitor not in monitors:
        what = f"training.monitor (={training.monitor!r}) is not measured in this run"
        faults.append(ConfigError(what, f"choose from {', '.join(monitors)}"))
    return faults


def _cycled(optimizer: Any, schedule: Any) -> list[ConfigError]:
    """Return the faults of a momentum that is cycled."""
    if not isinstance(schedule, OneCycle) or not schedule.cycle_momentum:
        return []
    faults = []
    low, high = schedule.base_momentum, schedule.max_momentum
    if low > high:
        what = f"schedule.base_momentum (={low}) is above schedule.max_momentum"
        faults.append(ConfigError(what, f"set it to {high} or less"))
    key = "momentum" if hasattr(optimizer, "momentum") else "beta_1"
    if (value := getattr(optimizer, key)) != getattr(type(optimizer), key):
        what = f"optimizer.{key} (={value}) has no meaning where momentum is cycled"
        hint = "set schedule.cycle_momentum to false, or remove it"
        faults.append(ConfigError(what, hint))
    return faults


def _without_meaning(data: Data) -> list[ConfigError]:
    """Return the keys that the task takes no notice of."""
    faults = []
    for key, usual, task in (
        ("num_classes", "auto", "classification"),
        ("tokens", "characters", "classification"),
        ("stride", "auto", "language-modelling"),
    ):
        value = getattr(data, key)
        if value != usual and data.task != task:
            what = f"data.{key} (={value!r}) has no meaning in {data.task}"
            hint = f"remove it, or set data.task to {task!r}"
            faults.append(ConfigError(what, hint))
    return faults
