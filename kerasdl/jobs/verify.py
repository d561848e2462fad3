"""Whether checkpoints are whole."""

from typing import Any

from kerasdl.checkpoint import files
from kerasdl.errors import ModelFileError
from kerasdl.rundir import RunDir


def verify_files(run: RunDir) -> list[dict[str, Any]]:
    """Read every byte of every checkpoint of a run.

    Returns:
        For each checkpoint, oldest first, its path, and its fault or None.
    """
    found = []
    for path in files.all_paths(run.checkpoints):
        fault = None
        try:
            files.read(path)
        except ModelFileError as damaged:
            if not path.exists():
                continue  # a run that goes on has pruned it
            fault = damaged.what
        found.append({"path": str(path), "fault": fault})
    return found
