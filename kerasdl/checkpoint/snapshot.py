"""The contents of a checkpoint."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Snapshot:
    """The state of a run at one step, independent of the backend.

    Args:
        step: Steps taken since the run began.
        arrays: Name to array of any shape; bfloat16 is stored as float32.
        details: JSON values.
    """

    step: int
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
