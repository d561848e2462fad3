"""Printing of untrusted text, with its control characters escaped."""

import click

from kerasdl.errors import printable


def write(text: str) -> None:
    """Print a piece of a text on stdout, with its breaks."""
    click.echo("\n".join(map(printable, text.split("\n"))), nl=False)


def say(text: object, err: bool = False, nl: bool = True) -> None:
    """Print text on stdout, or on stderr with `err`."""
    click.echo(printable(text), err=err, nl=nl)
