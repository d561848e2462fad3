"""Decode an image file to pixels of a given size."""

import struct
import warnings
import zlib
from contextlib import nullcontext
from pathlib import Path
from threading import Lock

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from kerasdl import untrusted
from kerasdl.data.images.crop import BoxOf
from kerasdl.data.images.form import Form
from kerasdl.errors import UnsafeError

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP")
MAX_PIXELS = 1 << 26
"""Most pixels of an image. As RGB they take 200 MB."""
LARGE = 1 << 23
"""Images of more pixels are decoded one at a time."""
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
    try:
        with (
            untrusted.open_file(path) as file,
            Image.open(file, formats=FORMATS) as image,
        ):
            if (pixels := image.width * image.height) > MAX_PIXELS:
                raise _too_large(path)
            with _ONE_LARGE if pixels > LARGE else nullcontext():
                return _formed(image, form, box_of or form.box)
    except Image.DecompressionBombError as fault:
        raise _too_large(path) from fault
    except DAMAGE as fault:
        raise DamagedImageError(_reason(fault)) from fault


def _formed(image: Image.Image, form: Form, box_of: BoxOf) -> Image.Image:
    if image.format == "JPEG" and image.mode in ("RGB", "L"):
        # A JPEG can be decoded at half, a quarter or an eighth of its size.
        image.draft(image.mode, (2 * form.width, 2 * form.height))
    upright = _plain(image)
    ImageOps.exif_transpose(upright, in_place=True)  # which spares copies
    if upright.mode != (mode := "RGB" if form.channels == 3 else "L"):
        upright = upright.convert(mode)
    size, box = (form.width, form.height), box_of(upright.width, upright.height)
    return upright.resize(size, Image.Resampling.BILINEAR, box)


def _plain(image: Image.Image) -> Image.Image:
    """Return an image whose mode Pillow can convert without loss of meaning."""
    if image.mode.startswith("I"):  # 16 bits, which `convert` would clip
        values = np.asarray(image).astype("int64") >> 8
        plain = Image.fromarray(values.clip(0, 255).astype("uint8"))
        plain.info.update(image.info)
        return plain
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
        with (
            untrusted.open_file(path) as file,
            Image.open(file, formats=FORMATS) as image,
        ):
            return image.mode.startswith(("1", "L", "I"))
    except Image.DecompressionBombError as fault:
        raise _too_large(path) from fault
    except DAMAGE:
        return True


def _too_large(path: Path) -> UnsafeError:
    what = f"{path} has more than {MAX_PIXELS:,} pixels"
    return UnsafeError(what, "make it smaller, or remove it")


def _reason(fault: Exception) -> str:
    if isinstance(fault, UnidentifiedImageError):
        return "not a PNG, JPEG, BMP, GIF or WebP image"
    return " ".join(str(fault).split()) or type(fault).__name__
