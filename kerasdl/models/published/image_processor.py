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
    return keys | _statistics(processor, name)


def _statistics(processor: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the keys of mean and deviation of each channel."""
    factor = processor.get("rescale_factor", 1 / 255)
    if not isinstance(factor, float) or not math.isclose(factor, 1 / 255, rel_tol=1e-4):
        raise _unknown(name, "rescale_factor", factor)
    if "image_mean" not in processor and "image_std" not in processor:
        return {}
    if not processor.get("do_normalize", True):
        return {"data.normalize": "none"}
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
    return {"data.mean": [*mean], "data.deviation": [*deviation]}


def _unknown(name: str, key: str, value: Any) -> ModelFileError:
    what = f"preprocessor_config.json of {name} has {key} {str(value)[:80]}"
    return ModelFileError(
        what, "kerasdl does not prepare images so; see docs/transfer.md"
    )


def processor_json(preprocessing: Mapping[str, Any]) -> dict[str, Any]:
    """Return the `preprocessor_config.json` of the preprocessing of a run.

    Args:
        preprocessing: JSON values of `ImagePreprocessing`.
    """
    size = {key: preprocessing[key] for key in ("height", "width")}
    numbers = {name: number for number, name in INTERPOLATIONS.items()}
    is_cut = preprocessing["resize"] == "crop"
    return {
        "image_processor_type": "CLIPImageProcessor" if is_cut else "ViTImageProcessor",
        "do_resize": True,
        "size": {"shortest_edge": size["height"]} if is_cut else size,
        "do_center_crop": is_cut,
        "crop_size": size,
        "resample": numbers[preprocessing["interpolation"]],
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": [*preprocessing["mean"]],
        "image_std": [*preprocessing["scale"]],
    }
