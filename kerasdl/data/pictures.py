"""Images as files."""

import base64
import io
from collections.abc import Iterable

import numpy as np


def is_pictures(shape: tuple[int, ...]) -> bool:
    """Return whether inputs of a shape are images that can be shown."""
    return len(shape) in (2, 3) and shape[2:] in ((), (1,), (3,)) and min(shape[:2]) > 4


def png(pixels: np.ndarray) -> bytes:
    """Return an image as a PNG file.

    Args:
        pixels: uint8 of shape `(height, width)` or with 1 or 3 channels.
    """
    from PIL import Image

    file = io.BytesIO()
    plane = pixels[..., 0] if pixels.shape[2:] == (1,) else pixels
    Image.fromarray(plane).save(file, "PNG")
    return file.getvalue()


def pictures(pixels: Iterable[np.ndarray]) -> list[str]:
    """Return images as PNG files, base64.

    Args:
        pixels: As for `png`, each.
    """
    return [base64.b64encode(png(each)).decode() for each in pixels]
