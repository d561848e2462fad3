"""What a checkpoint holds."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Snapshot:
    """A run at one instant, the same on every backend.

    Args:
        step: Steps taken since the run began.
        arrays: By name, of any shape; bfloat16 is kept as float32.
        details: What JSON can hold.
    """

    step: int
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
