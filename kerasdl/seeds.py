"""The seed of a run, and the seeds derived from it for its random operations."""

import hashlib


def derive_seed(seed: int, *place: str | int) -> int:
    """Return the seed of one random operation in a run.

    Operations with different names draw independent streams. Adding one does not change
    the streams of the others.

    Args:
        seed: The seed of the run.
        *place: Names that identify the operation, such as `"dense_1", "kernel"`.

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
