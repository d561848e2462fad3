"""Resolve a config: extended presets < preset < config file < settings."""

import contextlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import tomli_w

from kerasdl import registry
from kerasdl.config import conditions, old_runs, presets
from kerasdl.config.check import Tables, build_config, build_data
from kerasdl.config.merge import merge
from kerasdl.config.schema import MODEL, Config
from kerasdl.errors import ConfigError, InvalidConfigError, KerasDLError


@dataclass(frozen=True)
class Setting:
    """One value from the command line.

    Args:
        key: A table and a key, such as `training.epochs`.
        value: What it is set to.
        origin: The flag that set it, for messages.
    """

    key: str
    value: Any
    origin: str


class DataChoice(NamedTuple):
    """The `[data]` table, and who chose its task.

    Args:
        data: The table.
        task: The task that the preset states; None if it states none.
        is_decided: Whether the task was chosen for these data: by the user, or by a
            preset for data of its own.
    """

    data: Any
    task: str | None
    is_decided: bool


def load(
    preset: str | None = None,
    file: Path | None = None,
    settings: Iterable[Setting | str] = (),
    inferred: Iterable[Setting] = (),
) -> Config:
    """Return the resolved config.

    Args:
        preset: A preset's name, or the path of one.
        file: A TOML config laid over the preset.
        settings: Single values laid over both; text is read as `table.key=value`.
        inferred: Values that the user's data suggest, laid over the preset alone.

    Raises:
        InvalidConfigError: With every error.
    """
    tables, faults = _layers(preset, file, settings, inferred)
    try:
        config = build_config(tables)
    except InvalidConfigError as invalid:
        raise InvalidConfigError(faults + invalid.faults) from None
    if faults:
        raise InvalidConfigError(faults)
    return config


def load_data(
    preset: str | None = None,
    file: Path | None = None,
    settings: Iterable[Setting | str] = (),
) -> DataChoice:
    """Return the `[data]` table alone, and who chose its task.

    The arguments are those of `load`.

    Raises:
        InvalidConfigError: If the table has errors.
    """
    tables, _ = _layers(preset, file, settings)
    of_preset, _ = _layers(preset, None, ())
    given, before = tables.get("data", {}), of_preset.get("data", {})
    same = {key for key, entry in given.items() if before.get(key) == entry}
    stated = before["task"].value if "task" in same else None
    is_decided = "task" in given and ("task" not in same or "name" in same)
    return DataChoice(build_data(given), stated, is_decided)


def family_of(preset: str) -> Any:
    """Return the model family of a preset; None if it is unknown, or has an error.

    Raises:
        ConfigError: If an installed package cannot be imported.
    """
    tables, faults = _layers(preset, None, ())
    keys = {key: entry.value for key, entry in tables.get("model", {}).items()}
    name = MODEL.of(keys)
    if faults or name not in registry.names(MODEL.registry):
        return None
    return registry.find(MODEL.registry, name)


def _layers(
    preset: str | None,
    file: Path | None,
    settings: Iterable[Setting | str],
    inferred: Iterable[Setting] = (),
) -> tuple[Tables, list[ConfigError]]:
    """Return all that is set, the last layer above, and the errors of the layers."""
    settings = tuple(settings)
    unconditional, _ = _merged(preset, file, settings, inferred, {})
    chosen = conditions.chosen(unconditional.get("data", {}))
    return _merged(preset, file, settings, inferred, chosen)


def _merged(
    preset: str | None,
    file: Path | None,
    settings: Iterable[Setting | str],
    inferred: Iterable[Setting],
    chosen: Mapping[str, str],
) -> tuple[Tables, list[ConfigError]]:
    """Return what `_layers` returns, with the conditional tables of what is chosen."""
    tables: Tables = {}
    faults: list[ConfigError] = []
    with _collecting(faults):
        if preset is not None:
            _merge_file(tables, presets.find(preset), chosen, faults)
    for setting in inferred:
        _merge_setting(tables, setting)
    with _collecting(faults):
        if file is not None:
            _merge_file(tables, file, chosen, faults)
    for setting in settings:
        with _collecting(faults):
            _merge_setting(tables, setting)
    return tables, faults


def parse_setting(text: str) -> Setting:
    """Return the setting that `table.key=value` describes.

    The value is parsed as TOML if possible, else taken as text.
    """
    key, equals, value = text.partition("=")
    if not equals:
        raise ConfigError(f"--set {text!r} has no value", "write table.key=value")
    try:
        parsed = tomllib.loads(f"value = {value}")
    except (ValueError, RecursionError):
        parsed = {}
    # A value with a line break may parse as several keys; then it is text.
    converted = parsed["value"] if parsed.keys() == {"value"} else value
    return Setting(key.strip(), converted, "--set")


def sets(settings: Iterable[Setting | str], key: str) -> bool:
    """Return whether the settings set a key."""
    keys = (
        s.partition("=")[0].strip() if isinstance(s, str) else s.key for s in settings
    )
    return key in keys


def to_toml(config: Config) -> str:
    """Return the config as TOML, from which `load` returns an equal config."""
    return tomli_w.dumps(asdict(config))


@contextlib.contextmanager
def _collecting(faults: list[ConfigError]) -> Iterator[None]:
    try:
        yield
    except ConfigError as fault:
        faults.append(fault)


def _merge_setting(tables: Tables, assignment: Setting | str) -> None:
    setting = parse_setting(assignment) if isinstance(assignment, str) else assignment
    table, dot, key = setting.key.partition(".")
    if not (table and dot and key):
        what = f"{setting.origin} {setting.key!r} names no key"
        raise ConfigError(what, "write table.key=value")
    merge(tables, {table: {key: setting.value}}, setting.origin, is_setting=True)


def _merge_file(
    tables: Tables, path: Path, chosen: Mapping[str, str], faults: list[ConfigError]
) -> None:
    for content, origin in _chain(path, ()):
        if loose := [
            key for key, value in content.items() if not isinstance(value, dict)
        ]:
            what = f"{', '.join(loose)} in {origin} is outside any table"
            faults.append(ConfigError(what, "move it below a [table] line"))
        own_tables = {key: value for key, value in content.items() if key not in loose}
        conditional = conditions.pop(own_tables, chosen, origin, faults)
        for each in (own_tables, *conditional):
            merge(tables, each, origin)


def _chain(
    path: Path, extended_by: tuple[Path, ...]
) -> list[tuple[dict[str, Any], str]]:
    """Return the tables of a file, preceded by those of the presets it extends."""
    if presets.real(path) in extended_by:
        through = " → ".join(p.stem for p in extended_by)
        what = f"{path} extends itself through {through}"
        raise ConfigError(what, "remove one `extends`")
    content = old_runs.translated(presets.read(path))
    parent = content.pop("extends", None)
    if parent is None:
        return [(content, str(path))]
    if not isinstance(parent, str):
        raise ConfigError(
            f"extends (={parent!r}) in {path} must be text", "name a preset"
        )
    try:
        seen = (*extended_by, presets.real(path))
        inherited = _chain(presets.find(parent, path.parent, seen), seen)
    except KerasDLError as fault:
        raise ConfigError(f"{fault.what}, extended by {path}", fault.hint) from fault
    for tables, _ in inherited:
        tables.pop("about", None)
    return [*inherited, (content, str(path))]
