"""Move, turn and scale a picture in one interpolation."""

import math
from typing import NamedTuple, Self

import numpy as np
from PIL import Image

MIRRORS = Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.FLIP_TOP_BOTTOM
"""What turns an image around on each axis."""


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


def moved(image: Image.Image, move: Move) -> Image.Image:
    """Return a moved picture, of the same size.

    It is interpolated bilinearly. What comes from beyond its edge is its mirror image.
    """
    if not move.offset.any() and (np.abs(move.matrix) == np.eye(2)).all():
        for side, turned in zip(np.diag(move.matrix), MIRRORS, strict=True):
            image = image.transpose(turned) if side < 0 else image
        return image  # exactly
    width, height = image.size
    half = np.array([width, height]) / 2
    corners = half * [[1, 1], [1, -1], [-1, 1], [-1, -1]]
    reach = np.abs(corners @ move.matrix.T + move.offset).max(0)
    left, top = np.maximum(np.ceil(reach - half), 0).astype(int) + 1
    pixels = np.asarray(image)
    around = [(top, top), (left, left), (0, 0)][: pixels.ndim]
    wide = Image.fromarray(np.pad(pixels, around, "symmetric"))
    middle = half + np.array([left, top])
    to_old = middle + move.offset - move.matrix @ half
    rows = np.column_stack([move.matrix, to_old])
    return wide.transform(
        (width, height),
        Image.Transform.AFFINE,
        tuple(rows.ravel()),
        Image.Resampling.BILINEAR,
    )


def as_image(pixels: np.ndarray) -> Image.Image:
    """Return pixels of shape `(height, width, channels)` as an image."""
    one = pixels[..., 0] if pixels.shape[2] == 1 else pixels
    return Image.fromarray(np.ascontiguousarray(one))
