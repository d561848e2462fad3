"""Images as files."""

import base64
import io
from collections.abc import Iterable

import numpy as np


def is_pictures(shape: tuple[int, ...]) -> bool:
    """Return whether inputs of a shape are images that can be shown."""
    return len(shape) in (2, 3) and shape[2:] in ((), (1,), (3,)) and min(shape[:2]) > 4


def pictures(pixels: Iterable[np.ndarray]) -> list[str]:
    """Return images as PNG files, base64.

    Args:
        pixels: uint8 of shape `(height, width)` or with 1 or 3 channels, each.
    """
    from PIL import Image

    files = []
    for each in pixels:
        file = io.BytesIO()
        Image.fromarray(each[..., 0] if each.shape[2:] == (1,) else each).save(
            file, "PNG"
        )
        files.append(base64.b64encode(file.getvalue()).decode())
    return files
