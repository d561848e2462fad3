"""What timm calls the layers of inverted residual blocks, and how it pads them."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal


def timm_blocks(blocks: Sequence[tuple[int, bool]]) -> dict[str, str]:
    """Return the paths of layers in our blocks to their names in timm.

    Its blocks are numbered within stages, and a stage has blocks of as many channels.

    Args:
        blocks: For each block its output channels, and whether its first convolution
            widens them.
    """
    names: dict[str, str] = {}
    stage, place, channels = -1, 0, 0
    for number, (filters, widens) in enumerate(blocks, start=1):
        place += 1
        if filters != channels:
            stage, place, channels = stage + 1, 0, filters
        ours, theirs = f"block_{number}", f"blocks.{stage}.{place}"
        parts = {"depthwise": "conv_dw", "project": "conv_pw"}
        if widens:
            parts = {"expand": "conv_pw", **parts, "project": "conv_pwl"}
        for count, (part, layer) in enumerate(parts.items(), start=1):
            names[f"{ours}/{part}"] = f"{theirs}.{layer}"
            names[f"{ours}/{part}_norm"] = f"{theirs}.bn{count}"
        names[f"{ours}/reduce"] = f"{theirs}.se.conv_reduce"
        names[f"{ours}/excite"] = f"{theirs}.se.conv_expand"
    return names


def timm_padding(config: Mapping[str, Any]) -> Literal["same", "symmetric"] | None:
    """Return the padding of the model that a `config.json` of timm names, if it does."""
    name = config.get("architecture")
    if not isinstance(name, str):
        return None
    return "same" if name.startswith("tf_") else "symmetric"
