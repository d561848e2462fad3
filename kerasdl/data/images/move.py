"""Move, turn and scale a picture in one interpolation."""

import math
from typing import NamedTuple, Self

import numpy as np
from PIL import Image


class Move(NamedTuple):
    """A map from places of the new picture to places of the old one.

    Places are `(x, y)` in pixels from the middle: `old = matrix @ new + offset`.

    Args:
        matrix: Shape `(2, 2)`.
        offset: Shape `(2,)`.
    """

    matrix: np.ndarray
    offset: np.ndarray

    @classmethod
    def of(
        cls, xx: float = 1.0, xy: float = 0.0, yx: float = 0.0, yy: float = 1.0,
        x: float = 0.0, y: float = 0.0,
    ) -> Self:  # fmt: skip
        """Return the move of a matrix and an offset."""
        return cls(np.array([[xx, xy], [yx, yy]]), np.array([x, y]))

    @classmethod
    def turn(cls, degrees: float) -> Self:
        """Return a rotation about the middle, against the clock."""
        angle = math.radians(degrees)
        return cls.of(
            math.cos(angle), -math.sin(angle), math.sin(angle), math.cos(angle)
        )

    def then(self, other: "Move") -> "Move":
        """Return both, this one first."""
        offset = self.matrix @ other.offset + self.offset
        return Move(self.matrix @ other.matrix, offset)


def moved(pixels: np.ndarray, move: Move) -> np.ndarray:
    """Return a moved picture, of the same shape.

    It is interpolated bilinearly. What comes from beyond its edge is its mirror image.

    Args:
        pixels: uint8 of shape `(height, width, channels)`.
        move: The move.
    """
    if not move.offset.any() and (np.abs(move.matrix) == np.eye(2)).all():
        across, down = np.diag(move.matrix).astype(int)
        return pixels[::down, ::across]  # exactly
    height, width, _ = pixels.shape
    half = np.array([width, height]) / 2
    corners = half * [[1, 1], [1, -1], [-1, 1], [-1, -1]]
    reach = np.abs(corners @ move.matrix.T + move.offset).max(0)
    left, top = np.maximum(np.ceil(reach - half), 0).astype(int) + 1
    wide = np.pad(pixels, ((top, top), (left, left), (0, 0)), "symmetric")
    middle = half + np.array([left, top])
    to_old = middle + move.offset - move.matrix @ half
    rows = np.column_stack([move.matrix, to_old])
    image = as_image(wide).transform(
        (width, height),
        Image.Transform.AFFINE,
        tuple(rows.ravel()),
        Image.Resampling.BILINEAR,
    )
    return np.asarray(image).reshape(pixels.shape)


def as_image(pixels: np.ndarray) -> Image.Image:
    """Return pixels of shape `(height, width, channels)` as an image."""
    one = pixels[..., 0] if pixels.shape[2] == 1 else pixels
    return Image.fromarray(np.ascontiguousarray(one))
