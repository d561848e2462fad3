"""What the run that a training begins with decides; imports no Keras."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from kerasdl import config as configs
from kerasdl import runs_folder
from kerasdl.config import Config, Setting
from kerasdl.config.annotations import alternatives
from kerasdl.errors import InvalidConfigError, ModelFileError
from kerasdl.rundir import RunDir

WEIGHTS = "transfer.weights"


def inherited(preset: str | None, settings: Sequence[Setting | str]) -> list[Setting]:
    """Return the keys that a run of `transfer.weights` decides where the user does not.

    They are its model, and how its inputs are encoded, if the data are of its kind. None
    if the weights are no run, or if the preset that the user names has another model.

    Args:
        preset: The preset that the user names, if any.
        settings: What the user sets.

    Raises:
        ConfigError: If the config of the run cannot be read.
    """
    given = [
        s if isinstance(s, Setting) else configs.parse_setting(s) for s in settings
    ]
    weights = [each.value for each in given if each.key == WEIGHTS]
    if not weights or not isinstance(weights[-1], str):
        return []
    if (run := runs_folder.named(weights[-1])) is None:
        return []
    config = run.read_config()
    if preset is not None and _family(preset) != config.model.name:
        return []
    keys = config.model.inherited_keys()
    found = {f"model.{key}": value for key, value in keys.items()}
    try:
        data = configs.load_data(preset, None, settings).data
    except InvalidConfigError:  # told with all other errors
        return []
    if data.kind == config.data.kind:
        set_by_user = {each.key for each in given}
        found |= _without_rivals(_encoding(run, config), type(data), set_by_user)
    origin = f"--init-from {weights[-1]}"
    return [Setting(key, value, origin) for key, value in found.items()]


def note(settings: Sequence[Setting]) -> tuple[str, ...]:
    """Return a line about what `inherited` returned; none if that is nothing."""
    names = [each for each in settings if each.key == "model.name"]
    return tuple(f"model {each.value}, by {each.origin}" for each in names)


def _encoding(run: RunDir, config: Config) -> dict[str, Any]:
    """Return the keys of `[data]` that encode inputs as a run does.

    Raises:
        ModelFileError: If its preprocessing is missing or damaged.
    """
    values = run.read_preprocessing()
    try:
        return config.data.encoding_keys(run.path, values["preprocessing"])
    except (KeyError, TypeError) as fault:
        what = f"preprocessing.json of {run.path} is damaged: {fault!r}"
        raise ModelFileError(what, "train again into a new directory") from fault


def _without_rivals(
    keys: dict[str, Any], table: type, set_by_user: set[str]
) -> dict[str, Any]:
    """Return keys, of alternatives those of the user, or else of the run."""
    kept = dict(keys)
    defaults = {each.name: each.default for each in fields(table)}
    for group in alternatives(table):
        names = [f"data.{name}" for name in group]
        if set_by_user.intersection(names):
            kept = {key: value for key, value in kept.items() if key not in names}
        elif any(name in kept for name in names):
            others = (name for name in group if f"data.{name}" not in kept)
            kept |= {f"data.{name}": defaults[name] for name in others}
    if "data.mean" not in kept:
        kept.pop("data.deviation", None)
    return kept


def _family(preset: str) -> str | None:
    family = configs.family_of(preset)
    return None if family is None else family.name
