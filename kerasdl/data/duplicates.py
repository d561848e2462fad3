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
    known = parts.train.rows
    order = np.argsort(keys[known], kind="stable")
    in_order = keys[known][order]
    for name in ("validation", "test"):
        part: Part = getattr(parts, name)
        first = np.searchsorted(in_order, keys[part.rows]).tolist()
        last = np.searchsorted(in_order, keys[part.rows], "right").tolist()
        copies = np.flatnonzero(np.array(last) > np.array(first))
        if not len(copies):
            continue
        what = f"{len(copies):,} of {len(part.rows):,} {name} {noun}s copy training {noun}s"
        if len(targets):
            same = sum(
                any(
                    str(targets[known[row]]) == str(targets[part.rows[copy]])
                    for row in order[first[copy] : last[copy]]
                )
                for copy in copies.tolist()
            )
            sort = "class" if isinstance(targets[0], str) else "target"
            what += f", {same:,} with the same {sort}"
        original = place(int(known[order[first[copies[0]]]]))
        what += f", such as {original} and {place(int(part.rows[copies[0]]))}"
        hint, kind = "remove the copies", f"duplicate-{noun}s"
        yield Finding(kind, what, hint, name, len(copies))
