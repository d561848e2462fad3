"""Truncated-normal initializer, identical on every backend."""

from typing import Any

import keras
import numpy as np
from scipy.special import ndtr, ndtri

from kerasdl.initializers.drawn import Drawn


@keras.saving.register_keras_serializable(package="kerasdl")
class TruncatedNormal(Drawn):
    """Draw from a normal distribution around 0, truncated at two standard deviations.

    Used by BERT (Devlin et al. 2019, https://arxiv.org/abs/1810.04805, appendix
    A.2 and its code) and by many vision transformers.

    Args:
        stddev: Standard deviation before truncation, above 0. That of the weights is
            0.88 times as large.
        seed: Integer in `[0, 2**31)`. By default, it is drawn from Python's `random`,
            which `keras.utils.set_random_seed` makes repeatable.

    Raises:
        ValueError: If `stddev` is not above 0, or `seed` is out of range.
    """

    def __init__(self, stddev: float = 0.02, seed: int | None = None):
        if stddev <= 0:
            raise ValueError(f"`stddev` (={stddev}) must be above 0")
        super().__init__(seed)
        self.stddev = stddev

    def draw(self, generator: np.random.Generator, shape: tuple) -> np.ndarray:
        """Return weights of a shape, float64."""
        return ndtri(generator.uniform(ndtr(-2), ndtr(2), shape)) * self.stddev

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"stddev": self.stddev, "seed": self.seed}
