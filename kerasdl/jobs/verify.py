"""Verify the checkpoints of a run."""

from typing import Any

from kerasdl.checkpoint import files
from kerasdl.errors import ModelFileError
from kerasdl.rundir import RunDir


def verify_files(run: RunDir) -> list[dict[str, Any]]:
    """Read every byte of every checkpoint of a run.

    Returns:
        The `path` and the `fault`, or None, of each checkpoint, oldest first.
    """
    checkpoints = []
    for path in files.all_paths(run.checkpoints):
        fault = None
        try:
            files.read(path)
        except ModelFileError as damaged:
            if not path.exists():
                continue  # a process that trains the run has pruned it
            fault = damaged.what
        checkpoints.append({"path": str(path), "fault": fault})
    return checkpoints
