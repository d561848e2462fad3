"""Entry point of `python -m kerasdl`."""

from kerasdl.cli import main

main()
