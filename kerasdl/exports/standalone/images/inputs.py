"""Image files as inputs of a network. Needs NumPy and Pillow."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageOps

BATCH = 32


def inputs(arguments: Sequence[str], meaning: dict[str, Any]) -> Iterator[np.ndarray]:
    """Yield batches of pixels, uint8 of shape `(images, height, width, channels)`.

    Args:
        arguments: Paths of image files.
        meaning: Content of `preprocessing.json`.
    """
    form = meaning["preprocessing"]
    for start in range(0, len(arguments), BATCH):
        some = arguments[start : start + BATCH]
        yield np.stack([_pixels(path, form) for path in some])


def _pixels(path: str, form: dict[str, Any]) -> np.ndarray:
    """Return the pixels of an image, turned, cut and resized as in training."""
    with Image.open(path) as image:
        is_turned = image.getexif().get(ExifTags.Base.Orientation) in (5, 6, 7, 8)
        width, height = image.size[::-1] if is_turned else image.size
        left, top, right, bottom = _kept(width, height, form)
        if image.format == "JPEG" and image.mode in ("RGB", "L"):
            # Decoded at twice the size that is needed, which is quicker.
            across = math.ceil(2 * form["width"] * width / (right - left))
            down = math.ceil(2 * form["height"] * height / (bottom - top))
            image.draft(image.mode, (down, across) if is_turned else (across, down))
        ImageOps.exif_transpose(image, in_place=True)
        upright = _plain(image)
    if upright.mode != (mode := "RGB" if form["channels"] == 3 else "L"):
        upright = upright.convert(mode)
    x, y = upright.width / width, upright.height / height
    box = (
        left * x,
        top * y,
        min(right * x, upright.width),
        min(bottom * y, upright.height),
    )
    way = Image.Resampling[form["interpolation"].upper()]
    resized = upright.resize((form["width"], form["height"]), way, box)
    return np.asarray(resized).reshape(form["height"], form["width"], form["channels"])


def _kept(
    width: int, height: int, form: dict[str, Any]
) -> tuple[float, float, float, float]:
    """Return the left, top, right and bottom of the part of an image that is kept."""
    if form["resize"] == "stretch":
        return 0, 0, width, height
    scale = form["crop_pct"] * min(width / form["width"], height / form["height"])
    kept_width = min(scale * form["width"], width)
    kept_height = min(scale * form["height"], height)
    left, top = (width - kept_width) / 2, (height - kept_height) / 2
    return left, top, left + kept_width, top + kept_height


def _plain(image: Image.Image) -> Image.Image:
    """Return an image of 8 bits; white stands behind what is transparent."""
    if image.mode.startswith("I"):
        values = np.asarray(image).astype("int64")
        upper = (values >> 8).clip(0, 255)
        upper[values == image.info.get("transparency", -1)] = 255
        return Image.fromarray(upper.astype("uint8"))
    if "A" not in image.getbands() and "transparency" not in image.info:
        return image
    over = image.convert("RGBA")
    white = Image.new("RGBA", over.size, "white")
    white.alpha_composite(over)
    return white.convert("RGB")
