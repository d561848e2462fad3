"""Printing of untrusted text, with its control characters escaped."""

import click

from kerasdl.errors import printable


def say(text: object, err: bool = False, nl: bool = True) -> None:
    """Print text on stdout, or on stderr with `err`."""
    click.echo(printable(text), err=err, nl=nl)
