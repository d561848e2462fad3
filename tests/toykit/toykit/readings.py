"""A kind of data: the readings of channels, each with one or more targets."""

import hashlib
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np

from kerasdl.config.rules import Range
from kerasdl.data.kinds.kind import Kind, Parts
from kerasdl.data.preprocessing import Part
from kerasdl.data.split import hold_out
from kerasdl.errors import DataError
from toykit.noise import Largest


@dataclass(frozen=True)
class Table:
    """The numbers of a file, both arrays of shape `(examples, columns)`."""

    source: str
    x: np.ndarray
    targets: np.ndarray

    def sha256(self) -> str:
        """Return a digest of all numbers."""
        return hashlib.sha256(self.x.tobytes() + self.targets.tobytes()).hexdigest()


@dataclass(frozen=True)
class Readings(Kind):
    """Rows of numbers from a `.readings` file: the channels, then the targets."""

    kind: Literal["readings"] = "readings"
    """What the examples are; without it, `name` tells."""
    outputs: Annotated[int, Range(1, 100)] = 1
    """Columns of a row that are targets."""
    noise: Annotated[float, Range(0, 1)] = 0.1
    """Width of the noise added in training, as a fraction of the largest reading."""
    noise_seed: Annotated[int, Range(0, 2**31 - 1)] = 0
    """Seed of the noise."""

    SUFFIXES: ClassVar = {".readings": ("counts",)}

    def read(self) -> Table:
        """Return the numbers of the file."""
        try:
            rows = np.loadtxt(self.name, ndmin=2)
        except ValueError as fault:
            raise DataError(f"{self.name}: {fault}", "give rows of numbers") from fault
        return Table(self.name, rows[:, : -self.outputs], rows[:, -self.outputs :])

    def check(self, raw: Table) -> None:
        """Raise `DataError` unless all readings are positive."""
        if not (raw.x.size and (raw.x > 0).all() and np.isfinite(raw.x).all()):
            raise DataError(f"a reading of {raw.source} is not positive", "remove it")

    def parts(self, raw: Table, stratify: bool, seed: int) -> Parts:
        """Hold out rows."""
        rows, parts = np.arange(len(raw.x)), []
        for part in ("test", "validation"):
            fraction = getattr(self, f"{part}_fraction")
            rows, held_out = hold_out(rows, None, fraction, seed, part, raw.source)
            parts.append(Part(raw, held_out))
        return Parts(Part(raw, rows), parts[1], parts[0])

    def fit(self, train: Part) -> Largest:
        """Return the largest reading of each channel."""
        largest = train.raw.x[train.rows].max(axis=0)
        return Largest(tuple(largest.tolist()), self.noise, self.noise_seed)

    def new(self, raw: Table) -> Part:
        """Return all rows."""
        return Part(raw, np.arange(len(raw.x)))

    @classmethod
    def preprocessing_from_json(cls, values: dict[str, Any]) -> Largest:
        """Return the preprocessing that `to_json` describes."""
        return Largest(tuple(values["largest"]), values["noise"], values["seed"])
