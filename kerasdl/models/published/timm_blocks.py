"""What timm calls the layers of inverted residual blocks, and how it pads them."""

import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from kerasdl.errors import ModelFileError

if TYPE_CHECKING:
    from kerasdl.models.published.source import Published

KNOWN = re.compile(
    r"(?P<tensorflow>tf_)?(efficientnet_(b[0-3]|lite[0-4])|mobilenetv2_100"
    r"|mobilenetv3_(large|small)_100)(\..*)?"
)
"""Names of timm's models that kerasdl has, with the tag of their weights."""
CHANGING = {"act_layer", "bn_eps", "norm_layer", "pad_type", "round_chs_fn"}
"""Arguments of timm's models that change what they compute, and no shape."""


def timm_blocks(blocks: Sequence[tuple[int, bool]]) -> dict[str, str]:
    """Return the paths of layers in our blocks to their names in timm.

    Args:
        blocks: For each block its output channels, and whether its first convolution
            widens them.
    """
    names: dict[str, str] = {}
    places = in_stages([filters for filters, _ in blocks])
    for number, (stage, place) in enumerate(places, start=1):
        ours, theirs = f"block_{number}", f"blocks.{stage}.{place}"
        _, widens = blocks[number - 1]
        parts = {"depthwise": "conv_dw", "project": "conv_pw"}
        if widens:
            parts = {"expand": "conv_pw", **parts, "project": "conv_pwl"}
        for count, (part, layer) in enumerate(parts.items(), start=1):
            names[f"{ours}/{part}"] = f"{theirs}.{layer}"
            names[f"{ours}/{part}_norm"] = f"{theirs}.bn{count}"
        names[f"{ours}/reduce"] = f"{theirs}.se.conv_reduce"
        names[f"{ours}/excite"] = f"{theirs}.se.conv_expand"
    return names


def in_stages(filters: Sequence[int]) -> list[tuple[int, int]]:
    """Return the stage of each block and its place there, both from 0.

    A stage has blocks of as many output channels.

    Args:
        filters: Output channels of each block.
    """
    stages = [len([*group]) for _, group in groupby(filters)]
    return [(stage, n) for stage, count in enumerate(stages) for n in range(count)]


def timm_padding(published: "Published") -> Literal["same", "symmetric"] | None:
    """Return the padding of the model that a `config.json` of timm names.

    With `same` padding, its normalisation has an epsilon of 1e-3, otherwise of 1e-5.

    Args:
        published: The weights; without a known name, None is returned.

    Raises:
        ModelFileError: If its arguments change the model.
    """
    found = KNOWN.fullmatch(str(published.config.get("architecture")))
    if not found:
        return None
    arguments = published.config.get("model_args")
    named = {*arguments} if isinstance(arguments, Mapping) else set()
    if changed := sorted(named & CHANGING):
        what = f"config.json of {published.name} has model_args with {changed[0]}"
        raise ModelFileError(what, "kerasdl has the models of timm without it")
    return "same" if found["tensorflow"] else "symmetric"
