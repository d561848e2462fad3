"""Raw data, before preprocessing."""

from typing import Protocol

import numpy as np


class Raw(Protocol):
    """Raw data, before preprocessing."""

    @property
    def source(self) -> str:
        """Name of the set or path of the file, for messages."""
        ...

    @property
    def targets(self) -> np.ndarray | None:
        """Raw target of each example, or None if the data has none."""
        ...

    def sha256(self) -> str:
        """Return a digest that identifies the data."""
        ...
