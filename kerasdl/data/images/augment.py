"""Change a picture: a pure function of the seed, the epoch and the row."""

import math

import numpy as np
from PIL import Image, ImageEnhance

from kerasdl.data.images.augmentation import Augmentation
from kerasdl.data.images.move import Move, moved
from kerasdl.data.images.rand_augment import CHANGES, MOVES
from kerasdl.seeds import derive_seed

ERASED_AREA = 0.02, 0.33
"""Least and largest share of the area that is erased."""
ERASED_RATIO = 0.3, 1 / 0.3
"""Least and largest height of what is erased, as a multiple of its width."""


def augmented(
    image: Image.Image, chosen: Augmentation, seed: int, epoch: int, row: int
) -> np.ndarray:
    """Return a picture as it is in one epoch.

    It is moved first, in one interpolation; `crop.drawn_box` has cut it out before.
    Then its colours change, and at last a part may be erased.

    Args:
        image: The picture, in red, green and blue or in gray.
        chosen: What may change, and how far.
        seed: The seed of the run.
        epoch: The epoch (0-based).
        row: Number of the picture among all of the data.

    Returns:
        uint8 of shape `(height, width, channels)`.
    """
    stream = np.random.Philox(key=derive_seed(seed, "augment", epoch, row))

    def draw(count: int) -> np.ndarray:
        # Raw words are the same in every version of NumPy. All are drawn, whether they
        # are used or not, so that one key does not change what another one draws.
        return stream.random_raw(count) / 2.0**64

    move, factors, erase = draw(5), draw(3), draw(5)
    operations = draw(2 * chosen.rand_augment).reshape(-1, 2)
    width, height = image.size
    whole = _move(chosen, move, height, width)
    changes = []
    for which, strength in operations:
        number = int(which * (len(MOVES) + len(CHANGES)))
        signed = chosen.rand_magnitude * (1 if strength < 0.5 else -1)
        if number < len(MOVES):
            whole = whole.then(MOVES[number](signed, width, height))
        else:
            changes.append((CHANGES[number - len(MOVES)], signed))
    image = _colored(moved(image, whole), chosen, factors)
    for change, signed in changes:
        image = change(image, signed)
    result = np.asarray(image).reshape(height, width, -1)
    if erase[0] < chosen.erasing:
        return _erased(result, erase[1:], stream)
    return result


def _move(chosen: Augmentation, draws: np.ndarray, height: int, width: int) -> Move:
    mirrored, angle, scale, x, y = draws
    move = Move.of(xx=-1) if chosen.flip and mirrored < 0.5 else Move.of()
    if chosen.shift:
        along = chosen.shift * (2 * np.array([x, y]) - 1)
        move = move.then(Move.of(x=along[0] * width, y=along[1] * height))
    if chosen.rotation:
        move = move.then(Move.turn(chosen.rotation * (2 * angle - 1)))
    if chosen.zoom:
        factor = 1 / (1 + chosen.zoom * (2 * scale - 1))
        move = move.then(Move.of(factor, 0, 0, factor))
    return move


def _colored(
    image: Image.Image, chosen: Augmentation, draws: np.ndarray
) -> Image.Image:
    for kind, limit, draw in zip(
        (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color),
        (chosen.brightness, chosen.contrast, chosen.saturation),
        draws,
        strict=True,
    ):
        if limit:
            image = kind(image).enhance(1 + limit * (2 * draw - 1))
    return image


def _erased(
    pixels: np.ndarray, draws: np.ndarray, stream: np.random.Philox
) -> np.ndarray:
    """Return a picture with noise in a rectangle."""
    height, width, channels = pixels.shape
    area, ratio, x, y = draws
    share = _between(area, *ERASED_AREA)
    stretched = math.exp(_between(ratio, *map(math.log, ERASED_RATIO)))
    rows = min(round(height * math.sqrt(share * stretched)), height)
    columns = min(round(width * math.sqrt(share / stretched)), width)
    top, left = int(y * (height - rows + 1)), int(x * (width - columns + 1))
    noise = stream.random_raw(rows * columns * channels) >> np.uint64(56)
    result = pixels.copy()
    result[top : top + rows, left : left + columns] = noise.astype("uint8").reshape(
        rows, columns, channels
    )
    return result


def _between(draw: float, low: float, high: float) -> float:
    return low + (high - low) * draw
