"""Examples as a model takes them: the one interface between data and training."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


class Examples(ABC):
    """Inputs and targets, row by row."""

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of examples."""

    @abstractmethod
    def take(self, rows: np.ndarray, epoch: int = 0) -> tuple[Any, np.ndarray]:
        """Return the inputs and targets of some rows.

        What is drawn for a row comes from the seed, the epoch and the row alone, so that
        the same rows are the same whoever takes them, and in whatever batch.

        Args:
            rows: Integers of shape `(batch,)`.
            epoch: For which epoch of training (0-based).
        """

    def resident(self) -> tuple[Any, np.ndarray] | None:
        """Return all inputs and targets if every epoch takes them as they are.

        They may then live on the device. None if epochs differ, or memory is too small.
        """
        return None

    def arrays(self) -> tuple[Any, np.ndarray]:
        """Return all inputs and targets, as for evaluation."""
        return self.resident() or self.take(np.arange(len(self)))

    @property
    def texts(self) -> tuple[str, ...]:
        """The text that the examples are: one for each, or one document; none if none."""
        return ()

    @property
    def token_ids(self) -> np.ndarray | None:
        """The whole document whose windows the examples are, of shape `(tokens,)`."""
        return None


@dataclass(frozen=True)
class ArrayExamples(Examples):
    """Examples in memory.

    Args:
        x: float32 of shape `(examples, …)`, or int32 token ids `(examples, time)`.
        y: int32 labels of shape `(examples,)`, float32 targets `(examples, …)`, int32
            next tokens `(examples, time)`, or `x` again to reconstruct.
        texts: As in `Examples`.
        token_ids: As in `Examples`.
    """

    x: np.ndarray
    y: np.ndarray
    texts: tuple[str, ...] = ()
    token_ids: np.ndarray | None = None

    def __len__(self) -> int:
        """Return the number of examples."""
        return len(self.x)

    def take(self, rows: np.ndarray, epoch: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Return the inputs and targets of some rows, the same in every epoch."""
        return self.x[rows], self.y[rows]

    def resident(self) -> tuple[np.ndarray, np.ndarray]:
        """Return all inputs and targets."""
        return self.x, self.y


@dataclass(frozen=True)
class WithTargets(Examples):
    """Examples whose targets are turned into others.

    Args:
        examples: The examples.
        turn: Takes targets of shape `(batch, …)`, returns as many.
    """

    examples: Examples
    turn: Callable[[np.ndarray], np.ndarray]

    def __len__(self) -> int:
        """Return the number of examples."""
        return len(self.examples)

    def take(self, rows: np.ndarray, epoch: int = 0) -> tuple[Any, np.ndarray]:
        """Return the inputs, and the targets turned."""
        x, y = self.examples.take(rows, epoch)
        return x, self.turn(y)

    def resident(self) -> tuple[Any, np.ndarray] | None:
        """Return all inputs, and the targets turned."""
        if (whole := self.examples.resident()) is None:
            return None
        return whole[0], self.turn(whole[1])
