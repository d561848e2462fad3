"""The `kerasdl train` command."""

import sys
from pathlib import Path
from typing import Any

import click

from kerasdl import config as configs
from kerasdl import runs_folder
from kerasdl.cli.verb import backend_option, select, verb
from kerasdl.config import Setting
from kerasdl.errors import ConfigError
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
    "precision": ("precision.policy", str, "float32, mixed_bfloat16, mixed_float16."),
    "epochs": ("training.epochs", int, "Passes over the data, at most."),
    "batch-size": ("training.batch_size", IntegerOrAuto(), "Examples a step, or auto."),
    "lr": ("optimizer.learning_rate", float, "Highest learning rate."),
    "seed": ("training.seed", int, "Decides split, weights, order and dropout."),
}
"""The config key, type and help text of each flag."""


def _flags(function: Any) -> Any:
    for flag, (key, kind, text) in reversed(FLAGS.items()):
        name, several = key.replace(".", "__"), key == TARGET
        option = click.option(f"--{flag}", name, type=kind, multiple=several, help=text)
        function = option(function)
    return function


def _value(given: Any) -> Any:
    """Return the value of a flag; that of one given once is no list."""
    if not isinstance(given, tuple):
        return given
    return given[0] if len(given) == 1 else given or None


@click.command("train")
@click.option("--preset", metavar="NAME", help="A preset's name, or a TOML file.")
@click.option("--config", "file", type=Path, help="A TOML config laid over the preset.")
@_flags
@backend_option
@click.option(
    "--set", "assignments", multiple=True, metavar="A.B=C", help="Set any config key."
)
@click.option("--run-dir", type=Path, help="Where to write, instead of runs/NAME-N.")
@click.option(
    "--dry-run", is_flag=True, help="Show the plan of the run; train nothing."
)
@verb
def command(
    preset: str | None,
    file: Path | None,
    backend: str | None,
    assignments: tuple[str, ...],
    run_dir: Path | None,
    dry_run: bool,
    as_json: bool,
    **flags: Any,
) -> Any:
    """Train a preset and write a complete run directory."""
    settings: list[Setting | str] = list(assignments)
    for flag, (key, _, _) in FLAGS.items():
        if (value := _value(flags[key.replace(".", "__")])) is not None:
            settings.append(Setting(key, value, f"--{flag}"))
    preset, inferred, notes, reason = decide(preset, file, settings)
    if preset is None and file is None:
        from kerasdl.config.presets import names

        if configs.sets(settings, "data.name"):
            configs.load_data(None, None, settings).data.check_source()
        what = "neither --preset nor --config is given"
        raise ConfigError(what, f"choose a preset from {', '.join(names())}")
    config = configs.load(preset, file, settings, inferred)
    download = configs.sets(settings, "data.name")

    config.data.check_source()
    if run_dir and not dry_run:
        runs_folder.check_free(run_dir)
    selection = select(backend)

    from kerasdl.cli import train_output

    if dry_run:
        from kerasdl.jobs.plan import plan

        result = plan(config, download)
        task = {"name": config.data.task, "reason": reason or "data.task"}
        result |= {"task": task, "findings": [*notes, *result["findings"]]}
        train_output.show_plan(result, selection, as_json)
        return result

    from kerasdl.jobs.train import train

    stem = Path(preset).stem if preset else "run"
    with train_output.TrainOutput(selection, as_json) as output:
        for line in notes:
            output.note(line)
        result = train(
            config,
            selection,
            stem=stem,
            path=run_dir,
            arguments=sys.argv,
            reporter=output,
            download=download,
        )
    output.end(result)
    return result
