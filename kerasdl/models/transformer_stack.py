"""Blocks of a transformer, one after another."""

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
    given: Mapping[str, Any] | None = None,
    drop_path: float = 0.0,
    epsilon: float = 1e-6,
    norm: str = "layer",
    **settings: Any,
) -> Any:
    """Return what a stack of `TransformerBlock`s makes of vectors.

    Args:
        x: Vectors `(batch, time, width)`; what is returned has the same shape.
        depth: Blocks.
        seed: Seed of the model.
        name: What the names of the blocks begin with.
        last_norm: Name of the normalisation after the last block; without one, there
            is none.
        given: What each block is called with besides, such as a mask.
        drop_path: Share of the examples without a branch in the last block; it rises
            linearly from 0 in the first (Huang et al. 2016,
            https://arxiv.org/abs/1603.09382, section 3).
        epsilon: As in `TransformerBlock`.
        norm: As in `TransformerBlock`.
        **settings: Other arguments of `TransformerBlock`.
    """
    for number in range(1, depth + 1):
        place = f"{name}_{number}"
        block = TransformerBlock(
            drop_path=drop_path * (number - 1) / max(depth - 1, 1),
            epsilon=epsilon,
            norm=norm,
            seed=derive_seed(seed, place),
            name=place,
            **settings,
        )
        x = block(x, **given or {})
    return x if last_norm is None else normalization(norm, last_norm, epsilon)(x)
