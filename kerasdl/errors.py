"""Errors that the user can fix, and the exit code of each."""

import re

CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
"""Control characters except tabs and newlines, and text-direction marks."""


STYLES = re.compile("\x1b\\[[0-9;]*m")
"""Sequences that make a terminal print in colour or bold."""


def printable(text: object) -> str:
    """Return text with its control characters escaped."""
    return CONTROL.sub(lambda match: ascii(match[0])[1:-1], str(text))


def reason_of(fault: Exception) -> str:
    """Return the type and the message of any exception, in at most 300 characters."""
    message = STYLES.sub("", f"{type(fault).__name__}: {fault}")
    return " ".join(message.split())[:300]


class KerasDLError(Exception):
    """An error the user can fix.

    Args:
        what: What is wrong, and where (file, key, row).
        hint: What to do about it.
    """

    exit_code = 1
    title = "error"
    """How a line about the error begins."""

    def __init__(self, what: str, hint: str):
        super().__init__(f"{what} — {hint}")
        self.what = what
        self.hint = hint

    def lines(self) -> list[str]:
        """Return one line for each error."""
        return [" ".join(str(self).split())]


class ConfigError(KerasDLError):
    """An error in the command line, a config or a preset."""

    exit_code = 2


class InvalidConfigError(ConfigError):
    """All errors of one config, so that they can be fixed at once."""

    def __init__(self, faults: list[ConfigError]):
        Exception.__init__(self, "\n".join(str(fault) for fault in faults))
        self.faults = faults

    def lines(self) -> list[str]:
        """Return one line for each error."""
        return [line for fault in self.faults for line in fault.lines()]


class DataError(KerasDLError):
    """Data that cannot be read, or from which a model cannot learn."""

    exit_code = 3


class ModelFileError(KerasDLError):
    """A checkpoint or model file that is missing or damaged."""

    exit_code = 4


class UnfitWeightsError(ModelFileError):
    """Weights whose names or shapes are not those of a model.

    Args:
        what: What is wrong, and how often.
        hint: What to do about it.
        rows: A line for each of the first tensors.
    """

    def __init__(self, what: str, hint: str, rows: list[str]):
        super().__init__(what, hint)
        self.rows = rows

    def lines(self) -> list[str]:
        """Return the error, and the lines of its table."""
        return [*super().lines(), *self.rows]


class BackendError(KerasDLError):
    """A backend that is missing, or contradicts one already loaded."""

    exit_code = 5


class StorageError(KerasDLError):
    """A disk that is full, read-only or over its quota."""

    exit_code = 6


class UnsafeError(KerasDLError):
    """Input refused because reading it could run code or exhaust the machine."""

    exit_code = 7


class DivergedError(KerasDLError):
    """Training whose loss or gradients became NaN or infinite."""

    exit_code = 8


class LockedError(KerasDLError):
    """A run directory that another process works on."""

    exit_code = 9


class CheckFailedError(KerasDLError):
    """A check found that training cannot succeed."""

    exit_code = 10


class InterruptedRunError(KerasDLError):
    """A run that a signal stopped, and that can be resumed."""

    exit_code = 75
    title = "stopped"
