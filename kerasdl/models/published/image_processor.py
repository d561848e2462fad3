"""What a `preprocessor_config.json` says of images."""

import math
from collections.abc import Mapping
from typing import Any

from kerasdl.errors import ModelFileError

INTERPOLATIONS = {2: "bilinear", 3: "bicubic"}
"""Interpolations by their numbers in Pillow."""


def image_keys(processor: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the keys of `[data]` that a `preprocessor_config.json` decides.

    Args:
        processor: Its content; empty decides nothing.
        name: Where it is from, for messages.

    Raises:
        ModelFileError: If images get a form that kerasdl does not have.
    """
    keys: dict[str, Any] = {}
    size = processor.get("size")
    if processor.get("do_center_crop") and "crop_size" in processor:
        size = processor["crop_size"]
    if isinstance(size, Mapping):
        sides = {size.get("height"), size.get("width")} - {None}
        if len(sides) > 1 or not (sides or "shortest_edge" in size):
            raise _unknown(name, "size", dict(size))
        is_square = bool(sides) and not processor.get("do_center_crop")
        keys["data.resize"] = "stretch" if is_square else "crop"
        size = sides.pop() if sides else size["shortest_edge"]
    if size is not None:
        keys["data.size"] = size
    if (number := processor.get("resample")) is not None:
        if number not in INTERPOLATIONS:
            raise _unknown(name, "resample", number)
        keys["data.interpolation"] = INTERPOLATIONS[number]
    return keys


def image_statistics(
    processor: Mapping[str, Any], name: str
) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
    """Return mean and deviation of each channel, of pixels from 0 to 1; None if not told.

    Args:
        processor: As for `image_keys`.
        name: As for `image_keys`.

    Raises:
        ModelFileError: If they are no such numbers.
    """
    factor = processor.get("rescale_factor", 1 / 255)
    if not isinstance(factor, float) or not math.isclose(factor, 1 / 255, rel_tol=1e-4):
        raise _unknown(name, "rescale_factor", factor)
    if "image_mean" not in processor and "image_std" not in processor:
        return None
    if not processor.get("do_normalize", True):
        return (0.0,) * 3, (1.0,) * 3
    found = []
    for key in ("image_mean", "image_std"):
        values = processor.get(key)
        if not isinstance(values, list) or len(values) != 3:
            raise _unknown(name, key, values)
        if not all(isinstance(value, int | float) for value in values):
            raise _unknown(name, key, values)
        found.append(tuple(float(value) for value in values))
    mean, deviation = found
    if not all(map(math.isfinite, (*mean, *deviation))) or min(deviation) <= 0:
        raise _unknown(name, "image_std", list(deviation))
    return mean, deviation


def _unknown(name: str, key: str, value: Any) -> ModelFileError:
    what = f"preprocessor_config.json of {name} has {key} {str(value)[:80]}"
    return ModelFileError(
        what, "kerasdl does not prepare images so; see docs/transfer.md"
    )
