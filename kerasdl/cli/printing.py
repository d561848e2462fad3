"""How text that may be a stranger's is printed: nothing in it moves the terminal."""

import re

import click

CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
"""Control characters but for tabs and line ends, and marks that reverse what one reads."""


def printable(text: object) -> str:
    """Return text with escapes in the place of its control characters."""
    return CONTROL.sub(lambda found: ascii(found[0])[1:-1], str(text))


def say(text: object, err: bool = False, nl: bool = True) -> None:
    """Print text on stdout, or on stderr with `err`."""
    click.echo(printable(text), err=err, nl=nl)
