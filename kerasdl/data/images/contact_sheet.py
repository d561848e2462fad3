"""A contact sheet: many pictures on one, with a line beneath each."""

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

SIDE = 96
"""Least height and width of a picture on the sheet, in pixels."""
GAP, LINE = 8, 14
"""Pixels around a picture, and of the line beneath it."""
LETTER = 6
"""Pixels of a letter of Pillow's own font, on average."""


def contact_sheet(pictures: np.ndarray, captions: Sequence[str]) -> Image.Image:
    """Return a sheet of pictures, as many in a row as there are rows.

    Args:
        pictures: uint8 of shape `(pictures, height, width, channels)`, with 1 or 3
            channels.
        captions: A line for each; what is too long is cut off.
    """
    count, height, width, _ = pictures.shape
    factor = max(1, math.ceil(SIDE / min(height, width)))  # each pixel a square
    height, width = factor * height, factor * width
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    across, down = width + GAP, height + LINE + GAP
    sheet = Image.new("RGB", (columns * across + GAP, rows * down + GAP), "white")
    draw = ImageDraw.Draw(sheet)
    for number, (pixels, caption) in enumerate(zip(pictures, captions, strict=True)):
        row, column = divmod(number, columns)
        left, top = GAP + column * across, GAP + row * down
        one = pixels[..., 0] if pixels.shape[2] == 1 else pixels
        large = one.repeat(factor, 0).repeat(factor, 1)
        sheet.paste(Image.fromarray(large).convert("RGB"), (left, top))
        shown = (
            caption[: width // LETTER].encode("latin-1", "replace").decode("latin-1")
        )
        draw.text((left, top + height + 1), shown, "black")
    return sheet
