"""Examples that are in two parts of a split."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from kerasdl.data.parts import Parts
from kerasdl.data.preprocessing import Part
from kerasdl.finding import Finding


def keys_of_texts(texts: Sequence[str]) -> np.ndarray:
    """Return a number for each text that tells it from others, uint64 of `(texts,)`."""
    digests = (hashlib.sha256(text.encode("utf-8", "surrogatepass")) for text in texts)
    return np.array([int.from_bytes(d.digest()[:8]) for d in digests], "uint64")


def duplicates(
    parts: Parts,
    noun: str,
    keys: np.ndarray,
    targets: Sequence[Any],
    place: Callable[[int], str],
) -> Iterator[Finding]:
    """Yield a finding for each held-out part that has examples in common with training.

    Args:
        parts: The parts, all of one source.
        noun: What an example is, such as `"text"`.
        keys: A number for each row that tells its content from others, `(rows,)`.
        targets: Target of each row; empty if there are none.
        place: Returns where a row is, for people.
    """
    known, in_training = parts.train.rows, keys[parts.train.rows]
    order = np.argsort(in_training, kind="stable")
    in_training, rows = in_training[order], known[order].tolist()
    for name in ("validation", "test"):
        part: Part = getattr(parts, name)
        first = np.searchsorted(in_training, keys[part.rows])
        last = np.searchsorted(in_training, keys[part.rows], "right")
        copies = np.flatnonzero(last > first)
        if not len(copies):
            continue
        pairs = [
            (row, rows[begin:end])
            for row, begin, end in zip(
                part.rows[copies].tolist(),
                first[copies].tolist(),
                last[copies].tolist(),
                strict=True,
            )
        ]
        what = f"{len(copies):,} of {len(part.rows):,} {name} {noun}s copy training {noun}s"
        if len(targets):
            same = sum(
                str(targets[row]) in {str(targets[original]) for original in originals}
                for row, originals in pairs
            )
            sort = "class" if isinstance(targets[0], str) else "target"
            what += f", {same:,} with the same {sort}"
        row, originals = pairs[0]
        what += f", such as {place(originals[0])} and {place(row)}"
        hint, kind = "remove the copies", f"duplicate-{noun}s"
        yield Finding(kind, what, hint, name, len(copies))
