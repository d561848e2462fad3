"""The command line; commands load lazily, so that `--help` stays fast."""

import importlib
import io
import os
import sys
import warnings

import click

from kerasdl import __version__
from kerasdl.cli.printing import say
from kerasdl.jobs.signals import end_at_once

VERBS = {
    "train": "Train a preset and write a complete run directory.",
    "check": "Find what would keep a run from learning, before it trains.",
    "lr-find": "Find a learning rate by a sweep and short runs.",
    "show": "Write a picture of what a network will see of its images.",
    "import": "Make a run of published weights, without training.",
    "resume": "Resume a run that was stopped.",
    "doctor": "Say why a run does not learn, and what helps.",
    "verify": "Check every checkpoint, or that resuming changes nothing.",
    "replay": "Rerun the step at which a run diverged.",
    "parity": "Compare what backends compute in the same first steps.",
    "evaluate": "Score the best model of a run.",
    "report": "Write the report of a run: one HTML file.",
    "predict": "Predict new data with the best model of a run.",
    "generate": "Write text with the language model of a run.",
    "export": "Write the weights of a run as other libraries load them.",
    "runs": "List the runs in ./runs.",
    "compare": "Compare runs: configs, curves and scores.",
    "tensorboard": "Write the log of a run for TensorBoard.",
    "presets": "List the presets, or show one.",
    "keys": "Print the keys of a config: type, range, default, meaning.",
    "env": "Show versions, backends and the machine.",
}


MODULES = {"import": "import_weights"}
"""Modules of commands that cannot have the name of theirs."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order of use."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in VERBS:
            return None
        module = MODULES.get(cmd_name, cmd_name.replace("-", "_"))
        return importlib.import_module(f"kerasdl.cli.{module}").command

    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """List the commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    invoke_without_command=True,
)
@click.version_option(__version__, prog_name="kerasdl")
@click.pass_context
def group(context: click.Context) -> None:
    """Train Keras 3 presets under JAX, PyTorch or TensorFlow."""
    if context.invoked_subcommand is None:
        say(context.get_help())


def main() -> None:
    """Run the command line; report an error in one line and exit with its code."""
    end_at_once()
    if any(action == "error" for action, *_ in warnings.filters):
        warnings.simplefilter("default")  # a library's warning must not end a run
    for stream in (sys.stdout, sys.stderr):
        # The encoding may lack characters of a name, and a stream may be closed.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = group.main(prog_name="kerasdl", standalone_mode=False)
    except click.ClickException as fault:
        code = fault.exit_code
        context = getattr(fault, "ctx", None)
        hint = f"see {context.command_path if context else 'kerasdl'} --help"
        what = " ".join(fault.format_message().split()).rstrip(".")
        say(f"error: {what} — {hint}", err=True)
    except (KeyboardInterrupt, click.Abort):  # Click turns one into the other
        code = 130
        say("stopped: nothing to resume from", err=True)
    except BrokenPipeError:
        code = 1
        say("stopped: the output pipe was closed", err=True)
        # The rest of the output cannot be flushed at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)
