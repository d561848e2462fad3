"""The `kerasdl verify` command."""

from pathlib import Path
from typing import Any

import click

from kerasdl import config as configs
from kerasdl import runs_folder
from kerasdl.cli.printing import say
from kerasdl.cli.verb import backend_option, verb, warn
from kerasdl.errors import ConfigError, ModelFileError
from kerasdl.storage import to_json


@click.command("verify")
@click.argument("run", type=Path, required=False)
@click.option("--resume", is_flag=True, help="Kill a run, resume it, and compare.")
@click.option("--preset", metavar="NAME", help="With --resume: the preset to train.")
@click.option(
    "--set", "assignments", multiple=True, metavar="A.B=C", help="Set any config key."
)
@backend_option
@verb
def command(
    run: Path | None,
    resume: bool,
    preset: str | None,
    assignments: tuple[str, ...],
    backend: str | None,
    as_json: bool,
) -> Any:
    """Check every file of every checkpoint, or that resuming changes nothing."""
    if resume and preset and run is None:
        return _verify_resume(preset, assignments, backend, as_json)
    if resume or preset or run is None:
        what = "verify takes a run, or --resume and --preset"
        raise ConfigError(what, "kerasdl verify --resume --preset mlp")

    from kerasdl.jobs.verify import verify_files

    checkpoints = verify_files(runs_folder.find(run))
    if not checkpoints:
        what = f"{run} holds no checkpoint to verify"
        raise ModelFileError(what, f"kerasdl resume {run} starts it over")
    if not as_json:
        for checkpoint in checkpoints:
            say(f"{checkpoint['path']}  {checkpoint['fault'] or 'intact'}")
    damaged = [checkpoint for checkpoint in checkpoints if checkpoint["fault"]]
    if damaged:
        if as_json:
            say(to_json(checkpoints))
        what = f"{len(damaged)} of {len(checkpoints)} checkpoints are damaged"
        raise ModelFileError(what, "kerasdl resume uses the newest intact one")
    return checkpoints


def _verify_resume(
    preset: str, assignments: tuple[str, ...], backend: str | None, as_json: bool
) -> dict[str, Any]:
    config = configs.load(preset, settings=assignments)

    from kerasdl.backend import choose, settings

    chosen = choose(backend).name
    config.data.check_source()
    warn(settings.overruled())

    from kerasdl.jobs.verify_resume import verify_resume

    result = verify_resume(config, chosen, configs.sets(assignments, "data.name"))
    if result["differences"]:
        if as_json:
            say(to_json(result))
        differing = ", ".join(result["differences"])
        what = f"a resumed run of {preset} differs in {differing}"
        raise ModelFileError(what, "report it as a bug if the layers are kerasdl's")
    if not as_json:
        steps, step = result["steps"], result["resumed_from_step"]
        say(f"killed and resumed from step {step} of {steps}: bit-identical")
    return result
