"""Cut a part out of an image, another one in each epoch."""

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from kerasdl.seeds import derive_seed

RATIO = 3 / 4, 4 / 3
"""Least and largest width of a part, as a multiple of its height."""
Box = tuple[float, float, float, float]
"""Left, top, right and bottom, in pixels that need not be whole."""
BoxOf = Callable[[int, int], Box | None]
"""Returns the part that is kept of an image, given its width and height."""


def drawn_box(least: float, seed: int, epoch: int, row: int) -> BoxOf:
    """Return what cuts a part out (Szegedy et al. 2015, section 6).

    Its share of the area, the logarithm of its ratio and its place are uniform, the ratio
    among those with which it fits. If none of `RATIO` fits, as in a very wide image, it is
    the largest part with the ratio nearest to that of the image.

    Args:
        least: Least share of the area.
        seed: The seed of the run.
        epoch: The epoch (0-based).
        row: Number of the image among all of the data.
    """
    words = np.random.Philox(key=derive_seed(seed, "crop", epoch, row)).random_raw(4)
    area, ratio, x, y = (words / 2.0**64).tolist()
    share = least + (1 - least) * area
    return partial(_box, share, ratio, x, y)


def _box(
    share: float, place: float, x: float, y: float, width: int, height: int
) -> Box:
    aspect = width / height
    low, high = max(RATIO[0], share * aspect), min(RATIO[1], aspect / share)
    if low > high:  # none fits
        low = high = min(max(aspect, RATIO[0]), RATIO[1])
    ratio = low * (high / low) ** place
    down = min(math.sqrt(share * width * height / ratio), height, width / ratio)
    across = min(down * ratio, width)
    left, top = x * (width - across), y * (height - down)
    return left, top, left + across, top + down
