"""How large the model of a run directory may be."""

import contextlib
import sys
from pathlib import Path
from typing import Any

from kerasdl.checkpoint.snapshot import Snapshot
from kerasdl.model_file.limits import limits


def limited_to_checkpoint(
    snapshot: Snapshot | None, place: Path
) -> contextlib.AbstractContextManager[Any]:
    """Let no model be built of more weights than a checkpoint accounts for.

    Args:
        snapshot: The checkpoint, if there is one.
        place: Where it lies, for messages.

    Raises:
        KerasDLError: From the body, as `kerasdl.model_file.limits`.
    """
    if snapshot is None:
        return contextlib.nullcontext()
    weights = (a.size for n, a in snapshot.arrays.items() if n.startswith("weights/"))
    return limits(sum(weights), place, largest=sys.maxsize)
