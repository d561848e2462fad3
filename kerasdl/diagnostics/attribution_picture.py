"""Attributions over an image as colours."""

import numpy as np

FOR, AGAINST = np.array([235, 97, 21]), np.array([45, 125, 245])
"""Orange speaks for an output, blue against it: people tell these apart most often."""
CLIPPED = 99
"""Percentile of the sizes that has the full colour."""


def attribution_picture(pixels: np.ndarray, attributions: np.ndarray) -> np.ndarray:
    """Return an image in grey under the colours of attributions.

    Args:
        pixels: uint8 of shape `(height, width)` or with 1 or 3 channels.
        attributions: Floats of the same shape, which are added up over channels.

    Returns:
        uint8 of shape `(height, width, 3)`.
    """
    height, width = pixels.shape[:2]
    grey = pixels.reshape(height, width, -1).mean(-1, keepdims=True)
    amounts = attributions.reshape(height, width, -1).sum(-1, keepdims=True)
    most = float(np.percentile(np.abs(amounts), CLIPPED)) or 1.0
    share = np.clip(np.abs(amounts) / most, 0, 1)
    color = np.where(amounts > 0, FOR, AGAINST)
    ground = 64 + grey / 2  # leaves room for colours at both ends
    return np.round(ground * (1 - share) + color * share).astype("uint8")
