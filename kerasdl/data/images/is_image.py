"""Whether arrays are images."""


def is_image(shape: tuple[int, ...]) -> bool:
    """Return whether arrays of a shape are images: gray, or of 1 or 3 channels."""
    return len(shape) in (2, 3) and shape[2:] in ((), (1,), (3,)) and min(shape[:2]) > 4
