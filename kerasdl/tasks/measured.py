"""What a model reaches on some examples."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np


class Predicted(NamedTuple):
    """Encoded targets, and the outputs of a model: both `(examples, …)`.

    Of texts that a model writes, both are arrays of `str`.
    """

    encoded: np.ndarray
    outputs: np.ndarray

    @property
    def is_finite(self) -> bool:
        """Whether all outputs are; texts are."""
        is_text = self.outputs.dtype.kind == "U"
        return is_text or bool(np.isfinite(self.outputs).all())


@dataclass(frozen=True)
class Measured:
    """The scores of a model, and what they were computed from.

    Args:
        scores: The training loss, then the scores that are defined.
        undefined: The scores that are not, each with the reason.
        predicted: What the scores are of; None if it does not fit in memory.
        partial: The scores that leave out a part of the targets, each with what.
        residuals: As `Targets.residuals` returns them, where `predicted` is left out.
    """

    scores: dict[str, float]
    undefined: dict[str, str]
    predicted: Predicted | None = None
    partial: dict[str, str] = field(default_factory=dict)
    residuals: np.ndarray | None = None
