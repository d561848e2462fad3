"""Flags that make the config of a run to be, for all commands that take one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import click

from kerasdl import config as configs
from kerasdl.config import Config, Setting
from kerasdl.errors import ConfigError
from kerasdl.jobs.inherited import inherited, note
from kerasdl.jobs.own_data import decide

TARGET = "data.target"


class IntegerOrAuto(click.ParamType):
    """A number, or `auto`."""

    name = "integer or auto"

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return `auto` or the number."""
        try:
            return value if value == "auto" else int(value)
        except ValueError:
            self.fail(f"{value!r} is neither an integer nor 'auto'.", param, ctx)


FLAGS = {
    "data": (
        "data.name",
        str,
        "A set by name, a table, an .npz, .txt or .jsonl, a folder of images or texts.",
    ),
    "target": (TARGET, str, "Column or key to predict; repeat it for several columns."),
    "test-data": ("data.test_name", str, "File or folder of the test examples."),
    "init-from": ("transfer.weights", str, "A run or published weights to begin with."),
    "precision": ("precision.policy", str, "float32, mixed_bfloat16, mixed_float16."),
    "epochs": ("training.epochs", int, "Passes over the data, at most."),
    "batch-size": ("training.batch_size", IntegerOrAuto(), "Examples a step, or auto."),
    "lr": ("optimizer.learning_rate", float, "Highest learning rate."),
    "seed": ("training.seed", int, "Decides split, weights, order and dropout."),
}
"""The config key, type and help text of each flag."""


class Chosen(NamedTuple):
    """What the flags chose.

    Args:
        config: The config.
        preset: Name of the preset, or its path; None if there is none.
        notes: What the data decided, and why.
        reason: Why the data suggest the task; empty if they were not asked.
        download: Whether the user named the data, so that they may be downloaded.
    """

    config: Config
    preset: str | None
    notes: tuple[str, ...]
    reason: str
    download: bool


def config_flags(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the flags to a command, which hands them to `chosen`."""
    text = "Set any config key."
    option = click.option(
        "--set", "assignments", multiple=True, metavar="A.B=C", help=text
    )
    function = option(function)
    for flag, (key, kind, text) in reversed(FLAGS.items()):
        name, several = key.replace(".", "__"), key == TARGET
        option = click.option(f"--{flag}", name, type=kind, multiple=several, help=text)
        function = option(function)
    text = "A TOML config laid over the preset."
    function = click.option("--config", "file", type=Path, help=text)(function)
    text = "A preset's name, or a TOML file."
    return click.option("--preset", metavar="NAME", help=text)(function)


def chosen(
    preset: str | None, file: Path | None, assignments: tuple[str, ...], **flags: Any
) -> Chosen:
    """Return the config of the flags, after checking that its data are there.

    Raises:
        ConfigError: If neither a preset nor a config nor data that suggest one is named.
        DataError: If the data cannot be read.
        InvalidConfigError: With every error of the config.
    """
    settings: list[Setting | str] = list(assignments)
    for flag, (key, _, _) in FLAGS.items():
        if (value := _value(flags[key.replace(".", "__")])) is not None:
            settings.append(Setting(key, value, f"--{flag}"))
    of_run = inherited(preset, settings) if file is None else []
    settings = [*of_run, *settings]
    preset, inferred, notes, reason = decide(preset, file, settings)
    notes = (*notes, *note(of_run))
    if preset is None and file is None:
        from kerasdl.config.presets import names

        if configs.sets(settings, "data.name"):
            configs.load_data(None, None, settings).data.check_source()
        what = "neither --preset nor --config is given"
        raise ConfigError(what, f"choose a preset from {', '.join(names())}")
    config = configs.load(preset, file, settings, inferred)
    config.data.check_source()
    config.transfer.check_source()
    return Chosen(config, preset, notes, reason, configs.sets(settings, "data.name"))


def _value(given: Any) -> Any:
    """Return the value of a flag; that of one given once is no list."""
    if not isinstance(given, tuple):
        return given
    return given[0] if len(given) == 1 else given or None
