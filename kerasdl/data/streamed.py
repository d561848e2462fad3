"""Examples that are encoded when they are taken, since all do not fit in memory."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasdl.data.examples import Examples
from kerasdl.data.preprocessing import Part, Preprocessing


@dataclass(frozen=True)
class StreamedExamples(Examples):
    """Examples that are read and encoded when they are taken.

    Args:
        preprocessing: The preprocessing.
        part: The examples.
        y: Encoded targets of shape `(examples, …)`; None if the inputs are the targets.
    """

    preprocessing: Preprocessing
    part: Part
    y: np.ndarray | None

    def __len__(self) -> int:
        """Return the number of examples."""
        return len(self.part.rows)

    def take(self, rows: np.ndarray, epoch: int = 0) -> tuple[Any, np.ndarray]:
        """Return the inputs and targets of some rows."""
        x = self.preprocessing.inputs(Part(self.part.raw, self.part.rows[rows]))
        return x, x if self.y is None else self.y[rows]

    @property
    def takes_long(self) -> bool:
        """True: files are read."""
        return True

    def targets(self) -> np.ndarray | None:
        """Return all targets; None if they are the inputs."""
        return self.y
