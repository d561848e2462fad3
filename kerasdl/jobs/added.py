"""Add files to a run that has ended."""

from collections.abc import Callable

from kerasdl import manifest
from kerasdl.errors import LockedError, StorageError
from kerasdl.rundir import RunDir


def added(run: RunDir, write: Callable[[], str]) -> str:
    """Write files to a run under its lock, and renew its manifest.

    Args:
        run: The run; one whose files were edited is left alone.
        write: Writes the files. Returns why it did not, or nothing.

    Returns:
        What was done, or why it was not.
    """
    try:
        with run.locked():
            if edited := manifest.edited(run.path):
                return f"not written, since {', '.join(edited)} changed"
            if reason := write():
                return f"not written, since {reason}"
            if edited is not None:
                manifest.write_run(run.path)
    except (LockedError, StorageError) as fault:
        return f"not written: {fault.what}"
    return "written"
