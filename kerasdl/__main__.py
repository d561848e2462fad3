"""`python -m kerasdl`."""

from kerasdl.cli import main

main()
