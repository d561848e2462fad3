"""The form that every image of a run gets."""

from dataclasses import dataclass
from typing import Literal

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp")
"""Suffixes of image files."""


@dataclass(frozen=True)
class Form:
    """Size and channels of images.

    Args:
        height: Rows of pixels.
        width: Columns of pixels.
        channels: 3 for red, green and blue; 1 for gray.
        resize: `crop` keeps the shape of things and cuts off what is too long. `stretch`
            keeps all of the image.
        interpolation: How an image of another size gets this one.
        crop_pct: Share of the shorter side that `crop` keeps, in (0, 1].
    """

    height: int
    width: int
    channels: Literal[1, 3]
    resize: Literal["crop", "stretch"]
    interpolation: Literal["bilinear", "bicubic"] = "bilinear"
    crop_pct: float = 1.0

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape of an image, `(height, width, channels)`."""
        return self.height, self.width, self.channels

    def box(self, width: int, height: int) -> tuple[float, float, float, float] | None:
        """Return the part that is kept of an image; None for all of it.

        Args:
            width: Columns of the image.
            height: Its rows.

        Returns:
            Left, top, right and bottom, in pixels that need not be whole.
        """
        if self.resize == "stretch":
            return None
        scale = self.crop_pct * min(width / self.width, height / self.height)
        # Rounding may not lead over the edge.
        kept_width = min(scale * self.width, width)
        kept_height = min(scale * self.height, height)
        left, top = (width - kept_width) / 2, (height - kept_height) / 2
        return left, top, left + kept_width, top + kept_height
