"""A size limit for the model of an untrusted run directory."""

import contextlib
import sys
from pathlib import Path
from typing import Any

from kerasdl.checkpoint.snapshot import Snapshot
from kerasdl.model_file.limits import limits


def limited_to_checkpoint(
    snapshot: Snapshot | None, place: Path
) -> contextlib.AbstractContextManager[Any]:
    """Limit the models built inside to the number of weights in a checkpoint.

    Args:
        snapshot: The checkpoint; None sets no limit.
        place: The path of the checkpoint, for messages.

    Raises:
        KerasDLError: From the body, as for `kerasdl.model_file.limits`.
    """
    if snapshot is None:
        return contextlib.nullcontext()
    weights = (a.size for n, a in snapshot.arrays.items() if n.startswith("weights/"))
    return limits(sum(weights), place, largest=sys.maxsize)
