"""What a `preprocessor_config.json` says of images."""

import math
from collections.abc import Mapping
from typing import Any

from kerasdl.errors import ModelFileError

LARGEST = 1e6
"""Means and deviations are below, of pixels from 0 to 1."""
OLD_TYPE = "feature_extractor_type"
LARGE = 384
"""ConvNeXt and ResNet of `transformers` cut nothing off images from this size on."""
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
    if not processor:
        return {}
    for step in ("do_resize", "do_rescale"):
        if processor.get(step, True) is not True:
            raise _unknown(name, step, processor[step])
    size, crop = processor.get("size"), processor.get("crop_size")
    is_cut = bool(processor.get("do_center_crop")) and crop is not None
    kind = str(processor.get("image_processor_type") or processor.get(OLD_TYPE) or "")
    keys: dict[str, Any] = {}
    if size is not None:
        shorter, is_square = _side(size, name)
        stretches = is_square or (isinstance(size, int) and kind.startswith("ViT"))
        keys["data.resize"] = "stretch" if stretches and not is_cut else "crop"
        side = _side(crop, name)[0] if is_cut else shorter
        share = side / shorter if is_cut else 1.0
        if (given := processor.get("crop_pct")) is not None and shorter < LARGE:
            share = given
        keys |= {"data.size": side, "data.crop_pct": share}
    if (number := processor.get("resample")) is not None:
        if type(number) is not int or number not in INTERPOLATIONS:
            raise _unknown(name, "resample", number)
        keys["data.interpolation"] = INTERPOLATIONS[number]
    return keys | _statistics(processor, name)


def of_timm(config: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return what a `config.json` of timm says of images, as a preprocessor's config.

    Args:
        config: Its content; without `pretrained_cfg` it says nothing.
        name: Where it is from, for messages.

    Raises:
        ModelFileError: If images get a form that kerasdl does not have.
    """
    told = config.get("pretrained_cfg")
    if not isinstance(told, Mapping):
        return {}
    sizes, share = told.get("input_size"), told.get("crop_pct", 0.875)
    if not isinstance(sizes, list) or len(sizes) != 3 or sizes[1] != sizes[2]:
        raise _unknown(name, "input_size", sizes)
    if not isinstance(share, int | float) or not 0 < share <= 1:
        raise _unknown(name, "crop_pct", share)
    side = _side(sizes[-1], name)[0]
    numbers = {word: number for number, word in INTERPOLATIONS.items()}
    word = told.get("interpolation", "bicubic")
    if not isinstance(word, str) or word not in numbers:
        raise _unknown(name, "interpolation", word)
    return {
        "size": {"shortest_edge": round(side / share)},
        "do_center_crop": True,
        "crop_size": {"height": side, "width": side},
        "resample": numbers[word],
        "image_mean": told.get("mean"),
        "image_std": told.get("std"),
    }


def _side(size: Any, name: str) -> tuple[int, bool]:
    """Return the side of an image, and whether both sides are told."""
    if type(size) is int and size > 0:
        return size, False
    if isinstance(size, Mapping):
        sides = [size[key] for key in ("height", "width") if key in size]
        found = sides or [size.get("shortest_edge")]
        if all(type(each) is int and each == found[0] > 0 for each in found):
            return found[0], bool(sides)
    raise _unknown(name, "size", size)


def _statistics(processor: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the keys of mean and deviation of each channel."""
    factor = processor.get("rescale_factor", 1 / 255)
    if not isinstance(factor, int | float) or not math.isclose(
        factor, 1 / 255, rel_tol=1e-4
    ):
        raise _unknown(name, "rescale_factor", factor)
    if not processor.get("do_normalize", True):
        return {"data.normalize": "none"}
    if "image_mean" not in processor and "image_std" not in processor:
        return {}
    found = []
    for key in ("image_mean", "image_std"):
        values = processor.get(key)
        if not isinstance(values, list) or len(values) != 3:
            raise _unknown(name, key, values)
        if not all(isinstance(value, int | float) for value in values):
            raise _unknown(name, key, values)
        least = -LARGEST if key == "image_mean" else 1 / LARGEST
        if not all(least <= value <= LARGEST for value in values):
            raise _unknown(name, key, values)
        found.append([float(value) for value in values])
    mean, deviation = found
    return {"data.mean": mean, "data.deviation": deviation}


def _unknown(name: str, key: str, value: Any) -> ModelFileError:
    what = f"preprocessor_config.json of {name} has {key} {str(value)[:80]}"
    return ModelFileError(
        what, "kerasdl does not prepare images so; see docs/transfer.md"
    )
