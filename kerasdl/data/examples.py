"""Encoded examples: the interface between data and training."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasdl.finding import Finding

RESIDENT_BYTES = 1 << 30
"""Bytes of float32 inputs that may live in memory, and on the device."""


def is_large(shape: Sequence[int]) -> bool:
    """Return whether inputs of a shape, with all examples, are kept out of memory."""
    return 4 * math.prod(shape) > RESIDENT_BYTES


class Examples(ABC):
    """Inputs and targets, accessed by row."""

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of examples."""

    @abstractmethod
    def take(self, rows: np.ndarray, epoch: int = 0) -> tuple[Any, np.ndarray]:
        """Return the inputs and targets of some rows.

        Random draws for a row depend on the seed, the epoch and the row only. A row is
        thus the same in every batch.

        Args:
            rows: Integers of shape `(batch,)`.
            epoch: Epoch of training (0-based).
        """

    @property
    def takes_long(self) -> bool:
        """Whether `take` decodes files and the like, so that it should work ahead."""
        return False

    def resident(self) -> tuple[Any, np.ndarray] | None:
        """Return all inputs and targets if they are the same in every epoch.

        They may then stay on the device. None if epochs differ or memory is too small.
        """
        return None

    def targets(self) -> np.ndarray | None:
        """Return all targets; override it where reading inputs takes long.

        None if they are too many for memory.
        """
        return self.arrays()[1]

    def some(self, rows: np.ndarray) -> "Examples":
        """Return some of the examples.

        Args:
            rows: Their rows, integers of shape `(examples,)`.
        """
        return ChosenExamples(self, rows)

    def plain(self) -> "Examples":
        """Return the examples as they are where nothing is learned from them."""
        return self

    def findings(self) -> list[Finding]:
        """Return what the user should know about training examples."""
        return []

    def arrays(self) -> tuple[Any, np.ndarray]:
        """Return all inputs and targets, however much memory they take."""
        return self.resident() or self.take(np.arange(len(self)))


@dataclass(frozen=True)
class ArrayExamples(Examples):
    """Examples held in memory.

    Args:
        x: float32 of shape `(examples, …)`, or int32 token ids `(examples, time)`.
        y: int32 labels of shape `(examples,)`, float32 targets `(examples, …)`, int32
            next tokens `(examples, time)`, or `x` itself for reconstruction.
    """

    x: np.ndarray
    y: np.ndarray

    def __len__(self) -> int:
        """Return the number of examples."""
        return len(self.x)

    def take(self, rows: np.ndarray, epoch: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Return the inputs and targets of some rows; every epoch is the same."""
        return self.x[rows], self.y[rows]

    def resident(self) -> tuple[np.ndarray, np.ndarray]:
        """Return all inputs and targets."""
        return self.x, self.y


@dataclass(frozen=True)
class WithTargets(Examples):
    """Examples with transformed targets.

    Args:
        examples: The examples.
        transform: Maps targets of shape `(batch, …)` to as many new ones.
    """

    examples: Examples
    transform: Callable[[np.ndarray], np.ndarray]

    def __len__(self) -> int:
        """Return the number of examples."""
        return len(self.examples)

    def take(self, rows: np.ndarray, epoch: int = 0) -> tuple[Any, np.ndarray]:
        """Return the inputs and the transformed targets."""
        x, y = self.examples.take(rows, epoch)
        return x, self.transform(y)

    @property
    def takes_long(self) -> bool:
        """Whether the examples do."""
        return self.examples.takes_long

    def targets(self) -> np.ndarray | None:
        """Return all transformed targets."""
        encoded = self.examples.targets()
        return None if encoded is None else self.transform(encoded)

    def resident(self) -> tuple[Any, np.ndarray] | None:
        """Return all inputs and the transformed targets."""
        if (whole := self.examples.resident()) is None:
            return None
        return whole[0], self.transform(whole[1])


@dataclass(frozen=True)
class ChosenExamples(Examples):
    """Some examples of others.

    Args:
        examples: The others.
        chosen: Their rows, integers of shape `(examples,)`.
    """

    examples: Examples
    chosen: np.ndarray

    def __len__(self) -> int:
        """Return the number of examples."""
        return len(self.chosen)

    def take(self, rows: np.ndarray, epoch: int = 0) -> tuple[Any, np.ndarray]:
        """Return the inputs and targets of some rows."""
        return self.examples.take(self.chosen[rows], epoch)

    @property
    def takes_long(self) -> bool:
        """Whether the examples do."""
        return self.examples.takes_long

    def targets(self) -> np.ndarray | None:
        """Return the targets of all rows."""
        encoded = self.examples.targets()
        return None if encoded is None else encoded[self.chosen]

    def plain(self) -> Examples:
        """Return the examples as they are where nothing is learned from them."""
        return ChosenExamples(self.examples.plain(), self.chosen)

    def resident(self) -> tuple[Any, np.ndarray] | None:
        """Return all inputs and targets."""
        if (whole := self.examples.resident()) is None:
            return None
        return whole[0][self.chosen], whole[1][self.chosen]
