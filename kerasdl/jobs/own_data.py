"""What a user's own data decide where the user does not: the preset and the task."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from kerasdl import config as configs
from kerasdl import registry
from kerasdl.config import Config, Setting
from kerasdl.data.kinds.kind import Kind
from kerasdl.data.targets import IN_THE_DATA
from kerasdl.errors import InvalidConfigError


class Decided(NamedTuple):
    """What the data decided.

    Args:
        preset: Name of the preset; None if there is none.
        inferred: Values to lay over the preset.
        notes: What was decided, and why.
        reason: Why the data suggest the task; empty if they were not asked.
    """

    preset: str | None
    inferred: tuple[Setting, ...] = ()
    notes: tuple[str, ...] = ()
    reason: str = ""


def decide(
    preset: str | None,
    file: Path | None,
    settings: Sequence[Setting | str],
    preview: Any = None,
) -> Decided:
    """Decide what the user left open by what the data suggest; imports no Keras.

    If the config has errors, nothing is read or decided, so that `config.load` reports
    all of them.

    Args:
        preset: As for `config.load`.
        file: As for `config.load`.
        settings: As for `config.load`.
        preview: Data that are in memory: a `Table` or `Arrays`. None reads the file that
            `settings` name.

    Raises:
        DataError: If the data cannot be read.
        InvalidConfigError: If data are named without a preset, and `[data]` has errors.
    """
    alone = preset is None and file is None
    try:
        data = configs.load_data(preset, file, settings).data
        if alone and (data.file or preview is not None):
            return _with_a_default(settings, preview, data)
        return _with_task(preset, file, settings, preview, ())
    except InvalidConfigError:
        if alone and configs.sets(settings, "data.name"):
            raise  # its errors tell more than the lack of a preset
        return Decided(preset)


def _with_a_default(
    settings: Sequence[Setting | str], preview: Any, data: Kind
) -> Decided:
    """Return the first of the data's default presets whose config has no errors.

    Presets of the model family that the user names come first. If all presets have
    errors, it is the last one, and no data are read.
    """
    loaded = {name: _loaded(name, settings) for name in data.PRESETS}
    usable = {name: config for name, config in loaded.items() if config}
    if loaded and not usable:
        return _with_task(data.PRESETS[-1], None, settings, preview, ())
    if preview is None:
        preview = data.preview()
    presets = data.default_presets(preview)
    named = [(n, why) for n, why in presets if n in usable and _keeps(n, usable[n])]
    decided = Decided(None)
    for preset, why in named or presets:
        notes = (f"preset {preset}, {why}",)
        decided = _with_task(preset, None, settings, preview, notes)
        try:
            configs.load(preset, None, settings, decided.inferred)
        except InvalidConfigError:
            continue
        break
    return decided


def _loaded(preset: str, settings: Sequence[Setting | str]) -> Config | None:
    """Return the config of a preset for some task; None if it has errors for all."""
    choice = configs.load_data(preset, None, settings)
    tasks = [] if choice.is_decided else _learned()
    layers = [[_task(name, choice.data.name)] for name in tasks] or [[]]
    for inferred in layers:
        try:
            return configs.load(preset, None, settings, inferred)
        except InvalidConfigError:
            continue
    return None


def _keeps(preset: str, config: Config) -> bool:
    """Return whether a config has the model family of its preset."""
    return config.model.name == configs.family_of(preset).name


def _with_task(
    preset: str | None,
    file: Path | None,
    settings: Sequence[Setting | str],
    preview: Any,
    notes: tuple[str, ...],
) -> Decided:
    """Return the task that the data suggest, if the config leaves it open."""
    choice = configs.load_data(preset, file, settings)
    data = choice.data
    if choice.is_decided:
        return Decided(preset, notes=notes)
    if task := _nearest_task(preset, file, settings, data, choice.task):
        return Decided(preset, (_task(task, data.name),), notes)
    if preview is None:
        preview = data.preview()
    if (suggested := data.infer_task(choice.task, preview)) is None:
        return Decided(preset, notes=notes)
    task, reason = suggested
    setting = _task(task, data.name)
    notes = (*notes, f"task {task}: {reason}")
    return Decided(preset, (setting,), notes, reason)


def _nearest_task(
    preset: str | None,
    file: Path | None,
    settings: Sequence[Setting | str],
    data: Kind,
    stated: str | None,
) -> str | None:
    """Return the task with the fewest errors in the config; None if some has none.

    Of equally many, the stated one is returned.

    Of several targets, tasks that predict one do not count: nobody chose them.
    """
    faults: dict[str, int] = {}
    known = {name: registry.find("tasks", name) for name in _learned()}
    if len(data.target_names) > 1:
        known = {
            name: each
            for name, each in known.items()
            if each.several_targets or each.origin not in IN_THE_DATA
        }
    for candidate in known:
        try:
            configs.load(preset, file, settings, [_task(candidate, data.name)])
        except InvalidConfigError as invalid:
            faults[candidate] = len(invalid.faults)
        else:
            return None
    return min(faults, key=lambda name: (faults[name], name != stated))


def _learned() -> list[str]:
    """Return the names of the tasks that models are trained for."""
    names = registry.names("tasks")
    return [name for name in names if registry.find("tasks", name).learns]


def _task(task: str, name: str) -> Setting:
    return Setting("data.task", task, f"the columns of {name}")
