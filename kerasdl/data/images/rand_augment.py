"""The operations of RandAugment (Cubuk et al. 2020, section 3).

Their ranges are those of AutoAugment (Cubuk et al. 2019, table 6), as torchvision has
them, with strengths from 0 to 1 for its bins from 0 to 30.
"""

from collections.abc import Callable

from PIL import Image, ImageEnhance, ImageOps

from kerasdl.data.images.move import Move

Change = Callable[[Image.Image, float], Image.Image]
"""Changes an image by a signed strength."""
LARGEST_SHIFT = 150 / 331
"""Of the side."""


def _shear_x(signed: float, width: int, height: int) -> Move:
    return Move.of(xy=0.3 * signed)


def _shear_y(signed: float, width: int, height: int) -> Move:
    return Move.of(yx=0.3 * signed)


def _shift_x(signed: float, width: int, height: int) -> Move:
    return Move.of(x=LARGEST_SHIFT * width * signed)


def _shift_y(signed: float, width: int, height: int) -> Move:
    return Move.of(y=LARGEST_SHIFT * height * signed)


def _rotate(signed: float, width: int, height: int) -> Move:
    return Move.turn(30 * signed)


MOVES = (_shear_x, _shear_y, _shift_x, _shift_y, _rotate)


def _enhance(kind: type) -> Change:
    return lambda image, signed: kind(image).enhance(1 + 0.9 * signed)


def _posterize(image: Image.Image, signed: float) -> Image.Image:
    return ImageOps.posterize(image, 8 - round(4 * abs(signed)))


def _solarize(image: Image.Image, signed: float) -> Image.Image:
    return ImageOps.solarize(image, round(255 * (1 - abs(signed))))


CHANGES: tuple[Change, ...] = (
    lambda image, signed: image,
    _enhance(ImageEnhance.Brightness),
    _enhance(ImageEnhance.Color),
    _enhance(ImageEnhance.Contrast),
    _enhance(ImageEnhance.Sharpness),
    _posterize,
    _solarize,
    lambda image, signed: ImageOps.autocontrast(image),
    lambda image, signed: ImageOps.equalize(image),
)
