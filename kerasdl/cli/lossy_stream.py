"""A stream that discards what it cannot write, so that a run outlives its output."""

import contextlib
import os
import sys
from pathlib import Path
from typing import Any, TextIO

from kerasdl.cli.printing import say


class LossyStream:
    """Write to a stream until a write fails, then discard the rest.

    A closed pipe or a full disk is reported once, on stderr.

    Args:
        stream: The stream; it must have a file descriptor.
    """

    def __init__(self, stream: TextIO):
        self.stream = stream

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the stream."""
        return getattr(self.stream, name)

    def write(self, text: str) -> int:
        """Write text, or discard it."""
        try:
            return self.stream.write(text)
        except OSError as fault:
            self._discard(fault)
            return len(text)

    def flush(self) -> None:
        """Flush the buffer, or discard it."""
        try:
            self.stream.flush()
        except OSError as fault:
            self._discard(fault)

    def _discard(self, fault: OSError) -> None:
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), self.stream.fileno())
        if self.stream is not sys.stderr:
            line = f"warning: nothing more can be printed ({fault.strerror})"
            with contextlib.suppress(OSError):
                say(line, err=True)
