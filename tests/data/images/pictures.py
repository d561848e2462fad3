"""A photograph, and files of it."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from sklearn.datasets import load_sample_image

PHOTOGRAPH = load_sample_image("china.jpg")
PICTURE = np.ascontiguousarray(PHOTOGRAPH[100:196:4, 200:328:4])
"""24 rows of 32 pixels, sharp and coloured."""
TURNS = {
    1: lambda x: x,
    2: np.fliplr,
    3: lambda x: np.rot90(x, 2),
    4: np.flipud,
    5: lambda x: x.swapaxes(0, 1),
    6: lambda x: np.rot90(x, 1),
    7: lambda x: np.rot90(x.swapaxes(0, 1), 2),
    8: lambda x: np.rot90(x, -1),
}
"""EXIF orientation to how a picture is stored (CIPA DC-008, section 4.6.4)."""


def save(
    path: Path, picture: np.ndarray = PICTURE, orientation: int = 1, **keys: Any
) -> Path:
    """Write a picture that is shown as it is, however it is stored."""
    image = Image.fromarray(np.ascontiguousarray(TURNS[orientation](picture)))
    if orientation > 1:
        exif = Image.Exif()
        exif[0x0112] = orientation
        keys["exif"] = exif
    image.save(path, **keys)
    return path
