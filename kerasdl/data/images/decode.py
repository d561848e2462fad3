"""Decode an image file to pixels of a given size."""

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import IO, Literal

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from kerasdl import untrusted
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


class DamagedImageError(Exception):
    """An image that cannot be decoded."""


@dataclass(frozen=True)
class Decoder:
    """The form that every image gets.

    Args:
        height: Rows of pixels.
        width: Columns of pixels.
        channels: 3 for red, green and blue; 1 for gray.
        resize: `crop` keeps the shape of things and cuts off what is too long. `stretch`
            keeps all of the image.
    """

    height: int
    width: int
    channels: Literal[1, 3]
    resize: Literal["crop", "stretch"]

    def decode(self, path: Path) -> np.ndarray:
        """Return the pixels of a file, uint8 of shape `(height, width, channels)`.

        The image is turned as its EXIF orientation says, and its first frame is taken.
        Transparent pixels are laid over white. 16-bit values keep their upper 8 bits.

        Raises:
            DamagedImageError: If the file is no PNG, JPEG, BMP, GIF or WebP image, or
                is damaged.
            UnsafeError: If it has more than `MAX_PIXELS` pixels, or is no regular file.
        """
        try:
            with untrusted.open_file(path) as file:
                return self._decoded(file, path)
        except Image.DecompressionBombError as fault:
            raise _too_large(path) from fault
        except DAMAGE as fault:
            raise DamagedImageError(_reason(fault)) from fault

    def _decoded(self, file: IO[bytes], path: Path) -> np.ndarray:
        with Image.open(file, formats=FORMATS) as image:
            pixels = image.width * image.height
            if pixels > MAX_PIXELS:
                raise _too_large(path)
            if pixels <= LARGE:
                return self._pixels(image)
            with _ONE_LARGE:
                return self._pixels(image)

    def _pixels(self, image: Image.Image) -> np.ndarray:
        mode = "RGB" if self.channels == 3 else "L"
        if image.format == "JPEG" and image.mode in ("RGB", "L"):
            # A JPEG can be decoded at half, a quarter or an eighth of its size.
            image.draft(image.mode, (2 * self.width, 2 * self.height))
        upright = ImageOps.exif_transpose(_plain(image))
        resized = upright.convert(mode).resize(
            (self.width, self.height), Image.Resampling.BILINEAR, self._box(upright)
        )
        return np.asarray(resized).reshape(self.height, self.width, self.channels)

    def _box(self, image: Image.Image) -> tuple[float, float, float, float] | None:
        """Return the part of an image that is kept, which may begin within a pixel."""
        if self.resize == "stretch":
            return None
        scale = min(image.width / self.width, image.height / self.height)
        width, height = scale * self.width, scale * self.height
        left, top = (image.width - width) / 2, (image.height - height) / 2
        return left, top, left + width, top + height


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
