"""The `kerasdl parity` command."""

from typing import Any

import click

from kerasdl import config as configs
from kerasdl.cli.printing import say
from kerasdl.cli.verb import verb, warn
from kerasdl.errors import BackendError, ConfigError
from kerasdl.storage import to_json


@click.command("parity")
@click.option("--preset", metavar="NAME", help="A preset's name, or a TOML file.")
@click.option(
    "--backends", metavar="B,B…", help="Backends to compare; default: all installed."
)
@click.option(
    "--set", "assignments", multiple=True, metavar="A.B=C", help="Set any config key."
)
@verb
def command(
    preset: str | None,
    backends: str | None,
    assignments: tuple[str, ...],
    as_json: bool,
) -> Any:
    """Compare what backends compute in the same first steps, tensor by tensor."""
    if preset is None:
        from kerasdl.config.presets import names

        what = f"choose a preset from {', '.join(names())}"
        raise ConfigError("parity takes a --preset", what)
    config = configs.load(preset, settings=assignments)
    download = configs.sets(assignments, "data.name")
    chosen = _chosen(backends)

    from kerasdl.backend import settings

    config.data.check_source()
    warn(settings.overruled())

    from kerasdl.jobs.parity import parity

    result = {"preset": preset, **parity(config, chosen, download)}
    if not as_json:
        _show(result)
    if difference := result["first_difference"]:
        if as_json:
            say(to_json(result))
        what = (
            f"{difference['backend']} differs from {result['reference']} first in "
            f"{difference['layer']}: {_words(difference['stage'])} of "
            f"{difference['tensor']}, by {difference['error']:.1e} in "
            f"{difference['precision']}"
        )
        raise BackendError(what, "report it as a bug if the layers are kerasdl's")
    return result


def _chosen(text: str | None) -> list[str]:
    """Return the backends to compare."""
    from kerasdl.backend import BACKENDS, choose, installed

    if text is not None:
        names = list(dict.fromkeys(text.split(",")))
        if len(names) < 2:
            what = f"--backends {text} names one backend; parity needs two"
            raise ConfigError(what, f"name two or more of {', '.join(BACKENDS)}")
        return [choose(name).name for name in names]
    if len(names := installed()) < 2:
        missing = ",".join(name for name in BACKENDS if name not in names)
        only = names[0] if names else "none"
        what = f"parity needs two backends, and only {only} is installed"
        raise BackendError(what, f'pip install "kerasdl[{missing}]"')
    return names


def _show(result: dict[str, Any]) -> None:
    """Print a line for each stage and backend, and what was not compared."""
    line = "{:<23} {:<11} {:<8} {:>7}  {}  {}"
    titles = ("stage", "backend", "", "tensors", "float64  float32", "largest error")
    say(line.format(*titles))
    for entry in result["stages"]:
        single, double = entry["float32"], entry["float64"]
        verdict = "rounded" if entry["rounded"] else "agrees"
        verdict = "differs" if single["differing"] or double["differing"] else verdict
        # If only float64 differs, report its worst tensor.
        worst = double if double["differing"] and not single["differing"] else single
        errors = f"{_brief(double)}  {_brief(single)}"
        where = f"in {worst['tensor']}" if worst["largest_error"] else ""
        place = _words(entry["stage"]), entry["backend"], verdict, entry["tensors"]
        say(line.format(*place, errors, where).rstrip())
    if any(entry["rounded"] for entry in result["stages"]):
        say(
            "rounded: differs in float32, where the last bit decides on which side of "
            "its kink a ReLU is; agrees in float64"
        )
    for name, share in result["noise"].items():
        say(
            f"not compared: the gradient of {name}, which is zero except for rounding "
            f"({share:.0e} of the largest in float64); float32 does not train it"
        )
    if result["agree"]:
        say(f"{', '.join(result['backends'])} agree")


def _brief(summary: dict[str, Any]) -> str:
    error = summary["largest_error"]
    return f"{error:.1e}" if error else "0      "


def _words(stage: str) -> str:
    return stage.replace("_", " ")
