"""Noise, blur, brightness and contrast of images.

Hendrycks & Dietterich 2019, https://arxiv.org/abs/1903.12261, with the first, the third
and the last severity of their CIFAR-10-C.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from kerasdl.data.corrupted import normal

NOISE = 0.04, 0.08, 0.10
"""Standard deviations, as shares of the range of pixels."""
BLUR = 0.4, 0.7, 1.0
"""Standard deviations of the Gaussian, in pixels."""
BRIGHTNESS = 0.05, 0.15, 0.30
"""What is added, as shares of the range of pixels."""
CONTRAST = 0.75, 0.40, 0.15
"""Factors of the difference to the mean of a channel."""


class Damage(NamedTuple):
    """Damaged images.

    Args:
        name: What was done.
        severity: How much of it.
        pixels: float64 from 0 to 1.
    """

    name: str
    severity: str
    pixels: np.ndarray


def corrupted_pixels(
    pixels: np.ndarray, rows: np.ndarray, seed: int
) -> Iterator[Damage]:
    """Yield images under each corruption, at three severities.

    Args:
        pixels: Floats from 0 to 1 of shape `(images, height, width)`, or with channels.
        rows: Number of each image, which decides its noise.
        seed: Seed of the noise.
    """
    from scipy.ndimage import gaussian_filter

    noise = normal(seed, "noise", rows, pixels.shape[1:])
    for share in NOISE:
        yield _damage("Gaussian noise", f"{share} of the range", pixels + share * noise)
    for deviation in BLUR:
        sigma = (0, deviation, deviation, 0)[: pixels.ndim]
        blurred = gaussian_filter(pixels, sigma, mode="nearest")
        yield _damage("Gaussian blur", f"{deviation} pixels", blurred)
    for share in BRIGHTNESS:
        yield _damage("brightness", f"+{share} of the range", pixels + share)
    means = pixels.mean((1, 2), keepdims=True)
    for factor in CONTRAST:
        yield _damage("contrast", f"× {factor}", means + factor * (pixels - means))


def _damage(name: str, severity: str, pixels: np.ndarray) -> Damage:
    return Damage(name, severity, pixels.clip(0, 1))
