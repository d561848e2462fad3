"""The parts of the data: training, validation and test examples."""

from typing import NamedTuple, Protocol

import numpy as np

from kerasdl.data.preprocessing import Part


class Parts(NamedTuple):
    """The training, validation and test examples.

    Args:
        train: Examples to learn from.
        validation: Examples that select the best epoch; may be empty.
        test: Examples to score once.
        how: What decided it, such as `"at random from seed 0"`.
    """

    train: Part
    validation: Part
    test: Part
    how: str = ""


class HoldOut(Protocol):
    """A rule that splits rows in two, such as `split.hold_out` for given labels."""

    def __call__(
        self, rows: np.ndarray, *, fraction: float, part: str
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows kept and the rows held out; see `split.hold_out`."""
        ...
