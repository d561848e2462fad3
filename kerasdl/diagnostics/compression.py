"""Baselines of general-purpose compressors."""

import gzip
import lzma


def compression_baselines(text: str) -> dict[str, dict[str, float]]:
    """Return the bits per character that `gzip -9` and `xz -9` need.

    A model that predicts characters is a compressor (Shannon 1948,
    https://doi.org/10.1002/j.1538-7305.1948.tb01338.x), so the two are comparable.
    Unlike the model, these compressors see no training text.

    Args:
        text: Non-empty text, compressed as UTF-8.
    """
    content = text.encode()
    sizes = {
        "gzip -9": len(gzip.compress(content, 9)),
        "xz -9": len(lzma.compress(content, preset=9)),
    }
    return {
        name: {"bits_per_character": 8 * size / len(text)}
        for name, size in sizes.items()
    }
