"""A mean over some of the examples, to compare groups by."""

from typing import NamedTuple

import numpy as np


class Measure(NamedTuple):
    """A mean over some of the examples.

    Args:
        name: What it is, such as `"selection rate"`.
        values: A value of each example, booleans or floats of shape `(examples,)`.
        among: The examples that the mean is over, booleans of shape `(examples,)`.
        gap: Name of the difference between groups. Of several measures with one name,
            the largest difference counts.
        of: The class or the target that it is about; empty for all.
    """

    name: str
    values: np.ndarray
    among: np.ndarray
    gap: str
    of: str = ""
