"""A stream for what may be lost: a run goes on though nobody can read of it."""

import contextlib
import os
import sys
from pathlib import Path
from typing import Any, TextIO

from kerasdl.cli.printing import say


class LossyStream:
    """Write to a stream as long as it takes what is written.

    A pipe whose reader left or a full disk is told once, on stderr; what comes after goes
    nowhere.

    Args:
        stream: The stream, with a file descriptor of its own.
    """

    def __init__(self, stream: TextIO):
        self.stream = stream

    def __getattr__(self, name: str) -> Any:
        """Return what the stream has."""
        return getattr(self.stream, name)

    def write(self, text: str) -> int:
        """Write text, or lose it."""
        try:
            return self.stream.write(text)
        except OSError as fault:
            self._lose(fault)
            return len(text)

    def flush(self) -> None:
        """Write what is buffered, or lose it."""
        try:
            self.stream.flush()
        except OSError as fault:
            self._lose(fault)

    def _lose(self, fault: OSError) -> None:
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), self.stream.fileno())
        if self.stream is not sys.stderr:
            line = f"warning: nothing more can be printed ({fault.strerror})"
            with contextlib.suppress(OSError):
                say(line, err=True)
