"""One seed for a run, and a seed of its own for every place that draws."""

import hashlib


def derive_seed(seed: int, *place: str | int) -> int:
    """Return the seed of one place in a run.

    Places with different names draw independent streams, and adding a place leaves
    the streams of all others as they were.

    Args:
        seed: The seed of the run.
        *place: Names that single the place out, such as `"dense_1", "kernel"`.

    Returns:
        An integer in `[0, 2**31)`, which fits the seed dtype of every backend.
    """
    text = "/".join(str(part) for part in (seed, *place))
    digest = hashlib.sha256(text.encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def check_seed(seed: int | None) -> None:
    """Raise `ValueError` unless a seed is None or in `[0, 2**31)`."""
    if seed is not None and not 0 <= seed < 2**31:
        raise ValueError(f"`seed` (={seed}) must satisfy 0 ≤ seed < 2**31")
