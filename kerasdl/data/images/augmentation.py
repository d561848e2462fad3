"""What may change in a picture from epoch to epoch."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Augmentation:
    """How far a picture may change; with all at their defaults, it does not.

    Args:
        flip: Whether half of the pictures are mirrored from left to right.
        rotation: Largest angle, in degrees, to either side.
        shift: Largest shift along each axis, as a fraction of the side.
        zoom: Largest change of scale: things get `1 - zoom` to `1 + zoom` times as large.
        crop: Least share of the area that is cut out, of an aspect ratio from 3/4 to 4/3,
            as the image is resized (Szegedy et al. 2015, https://arxiv.org/abs/1409.4842,
            section 6). 1 keeps all.
        brightness: Largest change of the brightness, as a fraction of it.
        contrast: Largest change of the differences from the mean gray.
        saturation: Largest change of the differences from gray.
        erasing: Probability that a rectangle becomes noise (Zhong et al. 2020,
            https://arxiv.org/abs/1708.04896, algorithm 1).
        rand_augment: Number of operations of RandAugment (Cubuk et al. 2020,
            https://arxiv.org/abs/1909.13719, section 3).
        rand_magnitude: Their strength, from 0 to 1.
    """

    flip: bool = False
    rotation: float = 0.0
    shift: float = 0.0
    zoom: float = 0.0
    crop: float = 1.0
    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    erasing: float = 0.0
    rand_augment: int = 0
    rand_magnitude: float = 0.3


STANDARD = Augmentation(flip=True, rotation=10.0, brightness=0.2, contrast=0.2)
