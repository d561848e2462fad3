"""A stack of transformer blocks."""

from collections.abc import Mapping
from typing import Any

from kerasdl.layers import TransformerBlock, normalization
from kerasdl.seeds import derive_seed


def transformer_stack(
    x: Any,
    depth: int,
    seed: int,
    *,
    name: str = "block",
    last_norm: str | None = None,
    call_arguments: Mapping[str, Any] | None = None,
    drop_path: float = 0.0,
    epsilon: float = 1e-6,
    norm: str = "layer",
    **settings: Any,
) -> Any:
    """Apply a stack of `TransformerBlock`s and return its output.

    Args:
        x: Vectors `(batch, time, width)`; the output has the same shape.
        depth: Number of blocks.
        seed: Seed of the model.
        name: Prefix of the names of the blocks.
        last_norm: Name of the normalisation after the last block; None leaves it out.
        call_arguments: Other arguments to call each block with, such as a mask.
        drop_path: Fraction of the examples that skip a branch in the last block; it
            rises linearly from 0 in the first (Huang et al. 2016,
            https://arxiv.org/abs/1603.09382, section 3).
        epsilon: As in `TransformerBlock`.
        norm: As in `TransformerBlock`.
        **settings: Other arguments of `TransformerBlock`.
    """
    for number in range(1, depth + 1):
        layer_name = f"{name}_{number}"
        block = TransformerBlock(
            drop_path=drop_path * (number - 1) / max(depth - 1, 1),
            epsilon=epsilon,
            norm=norm,
            seed=derive_seed(seed, layer_name),
            name=layer_name,
            **settings,
        )
        x = block(x, **call_arguments or {})
    return x if last_norm is None else normalization(norm, last_norm, epsilon)(x)
