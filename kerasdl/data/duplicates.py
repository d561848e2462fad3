"""Examples that are in two parts of a split."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import numpy as np

from kerasdl.data.parts import Parts
from kerasdl.data.preprocessing import Part
from kerasdl.data.raw import Raw
from kerasdl.finding import Finding

AnyRaw = TypeVar("AnyRaw", bound=Raw)


def keys_of_texts(texts: Sequence[str]) -> np.ndarray:
    """Return a number for each text that tells it from others, uint64 of `(texts,)`."""
    digests = (hashlib.sha256(text.encode("utf-8", "surrogatepass")) for text in texts)
    return np.array([int.from_bytes(d.digest()[:8]) for d in digests], "uint64")


def duplicates(
    parts: Parts,
    noun: str,
    keys: Callable[[AnyRaw], np.ndarray],
    place: Callable[[AnyRaw, int], str],
) -> Iterator[Finding]:
    """Yield a finding for each held-out part that has examples in common with training.

    Args:
        parts: The parts.
        noun: What an example is, such as `"text"`.
        keys: Returns a number for each row that tells its content from others, `(rows,)`.
        place: Returns where a row is, for people.
    """
    train = parts.train
    in_training = keys(train.raw)[train.rows]
    order = np.argsort(in_training, kind="stable")
    in_training, rows = in_training[order], train.rows[order].tolist()
    for name in ("validation", "test"):
        part: Part = getattr(parts, name)
        held_out = keys(part.raw)[part.rows]
        first = np.searchsorted(in_training, held_out)
        last = np.searchsorted(in_training, held_out, "right")
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
        theirs, ours = part.raw.targets, train.raw.targets
        if theirs is not None and ours is not None:
            same = sum(
                any(np.all(theirs[row] == ours[original]) for original in originals)
                for row, originals in pairs
            )
            sort = "class" if isinstance(ours.flat[0], str) else "target"
            what += f", {same:,} with the same {sort}"
        row, originals = pairs[0]
        what += f", such as {place(train.raw, originals[0])} and {place(part.raw, row)}"
        what += f" of {part.raw.source}" if part.raw is not train.raw else ""
        hint, kind = "remove the copies", f"duplicate-{noun}s"
        yield Finding(kind, what, hint, name, len(copies))
