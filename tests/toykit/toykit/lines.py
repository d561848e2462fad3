"""A kind of data: numbers in lines of text."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from kerasdl.data import Arrays
from kerasdl.data.kinds.arrays import ArraysKind


@dataclass(frozen=True)
class Lines(ArraysKind):
    """Numbers in lines of text: the features, then the target."""

    kind: Literal["lines"] = "lines"
    """What the examples are; without it, `name` tells."""
    delimiter: Literal[",", ";"] = ","
    """What stands between two numbers."""

    SETS: ClassVar = {}
    SUFFIXES: ClassVar = {".lines": ("classification", "regression")}

    def read(self) -> Arrays:
        """Return the numbers of the file."""
        rows = np.loadtxt(self.name, delimiter=self.delimiter)
        return Arrays(self.name, rows[:, :-1], rows[:, -1])
