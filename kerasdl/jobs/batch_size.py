"""The batch size that `auto` stands for."""

from bisect import bisect_right
from dataclasses import replace

from kerasdl.config import Config

EXAMPLES = 2_800, 4_500, 6_400, 32_000, 108_000
"""Training examples from which on the next size is taken."""
SIZES = 32, 64, 128, 256, 512, 1_024
"""Examples per batch."""


def with_batch_size(config: Config, examples: int) -> Config:
    """Return a config whose batch size is a number.

    `auto` follows the rule that an author of TabM inferred from the sizes in that paper:
    `get_tabm_auto_batch_size` in `pytabkit.models.alg_interfaces.tabm_interface`.

    Args:
        config: The config.
        examples: Number of training examples.
    """
    if config.training.batch_size != "auto":
        return config
    size = SIZES[bisect_right(EXAMPLES, examples)]
    return replace(config, training=replace(config.training, batch_size=size))
