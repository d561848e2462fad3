"""Decode an image file to pixels of a given size."""

import math
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from threading import Lock

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from kerasdl import untrusted
from kerasdl.data.images.crop import Box, BoxOf
from kerasdl.data.images.form import Form
from kerasdl.errors import UnsafeError

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP")
MAX_PIXELS = 1 << 26
"""Most pixels of an image. As RGB they take 200 MB."""
LARGE = 1 << 23
"""Images of more pixels are decoded one at a time, after a JPEG was made smaller."""
DAMAGE = (
    EOFError,
    IndexError,
    KeyError,
    OSError,
    OverflowError,
    SyntaxError,
    TypeError,
    ValueError,
    UnidentifiedImageError,
    struct.error,
    zlib.error,
)
"""Exceptions that Pillow raises for files that are damaged or no image."""

_ONE_LARGE = Lock()
# Of metadata, which are not used, and of sizes, which are checked here.
warnings.filterwarnings("ignore", module=r"PIL\.")


class DamagedImageError(Exception):
    """An image that cannot be decoded."""


def decode(path: Path, form: Form, box_of: BoxOf | None = None) -> Image.Image:
    """Return the image of a file, in the form.

    The image is turned as its EXIF orientation says, and its first frame is taken.
    Transparent pixels are laid over white. 16-bit values keep their upper 8 bits.

    Args:
        path: The file.
        form: The form of the image.
        box_of: Returns the part to keep; None for `form.box`.

    Raises:
        DamagedImageError: If the file is no PNG, JPEG, BMP, GIF or WebP image, or is
            damaged.
        UnsafeError: If it has more than `MAX_PIXELS` pixels, or is no regular file.
    """
    with _opened(path) as image:
        box_of = box_of or form.box
        if image.format == "JPEG" and image.mode in ("RGB", "L"):
            box_of = _drafted(image, form, box_of)
        large = image.width * image.height > LARGE
        with _ONE_LARGE if large else nullcontext():
            ImageOps.exif_transpose(image, in_place=True)  # which spares copies
            upright = _plain(image)
        if upright.mode != (mode := "RGB" if form.channels == 3 else "L"):
            upright = upright.convert(mode)
        size, box = (form.width, form.height), box_of(upright.width, upright.height)
        way = Image.Resampling[form.interpolation.upper()]
        return upright.resize(size, way, box)


def _drafted(image: Image.Image, form: Form, box_of: BoxOf) -> BoxOf:
    """Let a JPEG be decoded at half, a quarter or an eighth of its size.

    The part to keep has twice the pixels of the form, or all that there are.

    Returns:
        What gives the part of the image that is decoded.
    """
    is_turned = image.getexif().get(ExifTags.Base.Orientation) in (5, 6, 7, 8)
    width, height = image.size[::-1] if is_turned else image.size
    box = box_of(width, height) or (0, 0, width, height)
    left, top, right, bottom = box
    across = math.ceil(2 * form.width * width / (right - left))
    down = math.ceil(2 * form.height * height / (bottom - top))
    image.draft(image.mode, (down, across) if is_turned else (across, down))
    return partial(_scaled, box, (width, height))


def _scaled(box: Box, size: tuple[int, int], width: int, height: int) -> Box:
    x, y = width / size[0], height / size[1]
    left, top, right, bottom = box
    return left * x, top * y, min(right * x, width), min(bottom * y, height)


def _plain(image: Image.Image) -> Image.Image:
    """Return an image whose mode Pillow can convert without loss of meaning."""
    if image.mode.startswith("I"):  # 16 bits, which `convert` would clip
        values = np.asarray(image).astype("int64")
        upper = (values >> 8).clip(0, 255)
        upper[values == image.info.get("transparency", -1)] = 255
        return Image.fromarray(upper.astype("uint8"))
    has_alpha = "A" in image.getbands() or "transparency" in image.info
    if not has_alpha:
        return image
    over = image.convert("RGBA")
    white = Image.new("RGBA", over.size, "white")
    white.alpha_composite(over)
    return white.convert("RGB")


def is_gray(path: Path) -> bool:
    """Return whether the header of an image says that it has no colours.

    A damaged file counts as gray: decoding it says what is wrong.

    Raises:
        UnsafeError: If it is no regular file, or has too many pixels.
    """
    try:
        with _opened(path) as image:
            return image.mode.startswith(("1", "L", "I"))
    except DamagedImageError:
        return True


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """Open an image whose header is not out of bounds."""
    try:
        with (
            untrusted.open_file(path) as file,
            Image.open(file, formats=FORMATS) as image,
        ):
            if image.width * image.height > MAX_PIXELS:
                raise _too_large(path)
            yield image
    except Image.DecompressionBombError as fault:
        raise _too_large(path) from fault
    except DAMAGE as fault:
        raise DamagedImageError(_reason(fault)) from fault


def _too_large(path: Path) -> UnsafeError:
    what = f"{path} has more than {MAX_PIXELS:,} pixels"
    return UnsafeError(what, "make it smaller, or remove it")


def _reason(fault: Exception) -> str:
    if isinstance(fault, UnidentifiedImageError):
        return "not a PNG, JPEG, BMP, GIF or WebP image"
    return " ".join(str(fault).split()) or type(fault).__name__
