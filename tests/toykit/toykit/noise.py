"""Readings as a model's inputs, with new noise in each epoch of training."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from kerasdl.data import Examples
from kerasdl.data.preprocessing import Part, Preprocessing
from kerasdl.data.signature import Input, Signature
from kerasdl.data.targets import Targets
from kerasdl.errors import DataError
from kerasdl.seeds import derive_seed


@dataclass(frozen=True)
class NoisyExamples(Examples):
    """Rows of numbers; the noise depends on the seed, the epoch and the row only."""

    x: np.ndarray
    y: np.ndarray
    noise: float
    seed: int

    def __len__(self) -> int:
        return len(self.x)

    def take(self, rows: np.ndarray, epoch: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Return noisy inputs and their targets."""
        x = self.x[rows]  # a copy
        for place, row in enumerate(rows):
            key = derive_seed(self.seed, "noise", epoch, int(row))
            uniform = np.random.Philox(key=key).random_raw(x.shape[1]) / 2.0**64
            x[place] += self.noise * (uniform - 0.5)
        return x, self.y[rows]


@dataclass(frozen=True)
class Largest(Preprocessing):
    """The largest reading of each channel, which becomes 1."""

    largest: tuple[float, ...]
    noise: float
    seed: int

    @property
    def signature(self) -> Signature:
        """One float32 input."""
        return {"inputs": Input((len(self.largest),))}

    def inputs(self, part: Part) -> np.ndarray:
        """Return the readings as shares of the largest."""
        raw = part.raw
        if raw.x.shape[1] != len(self.largest):
            what = f"{raw.source} has {raw.x.shape[1]} channels"
            raise DataError(what, f"the model takes {len(self.largest)}")
        return (raw.x[part.rows] / self.largest).astype("float32")

    def examples(
        self, part: Part, targets: Targets, learning: bool = False
    ) -> NoisyExamples:
        """Return the examples; only those to learn from are noisy."""
        x, raw = self.inputs(part), part.raw
        y = targets.encode(raw.targets, part.rows, raw.source)
        return NoisyExamples(x, y, self.noise if learning else 0.0, self.seed)

    def to_json(self) -> dict[str, Any]:
        """Return the fields."""
        return asdict(self)
