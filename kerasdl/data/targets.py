"""How targets are encoded, kept so that new data is treated alike."""

from abc import ABC, abstractmethod
from dataclasses import asdict
from typing import Any, ClassVar, Literal, cast

import numpy as np

Origin = Literal["given", "inputs", "next"]
"""Where targets come from: the data, the inputs themselves, or what follows each input
in its sequence."""


class Targets(ABC):
    """What is known of the targets of a training split; a frozen dataclass."""

    origin: ClassVar[Origin] = "given"
    """Where targets come from."""

    @abstractmethod
    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of a model's output for one example."""

    @property
    @abstractmethod
    def num_outputs(self) -> int | None:
        """The units of a model's last layer; None for a model that has no such layer."""

    @abstractmethod
    def encode(
        self, raw: np.ndarray, rows: np.ndarray, source: str, name: str = "y"
    ) -> np.ndarray:
        """Return the targets of some rows as the loss takes them.

        Args:
            raw: Targets as the data has them, of shape `(examples, …)`.
            rows: Which of them.
            source: Where they come from, for messages.
            name: What they are called there.

        Raises:
            DataError: If there is one that the model cannot predict.
        """

    @abstractmethod
    def score(self, encoded: np.ndarray, outputs: np.ndarray) -> dict[str, float]:
        """Return the metrics of a model's outputs, in the units of the raw targets.

        Args:
            encoded: What `encode` returned.
            outputs: What the model returned for the same examples.
        """

    def to_json(self) -> dict[str, Any]:
        """Return its fields as JSON values, which `Task.targets_from_json` reads."""
        return asdict(cast(Any, self))
