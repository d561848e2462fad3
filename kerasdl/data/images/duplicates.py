"""Images that are in two parts of a split."""

from collections.abc import Iterator

import numpy as np

from kerasdl.data.images.image_files import ImageFiles
from kerasdl.data.parts import Parts
from kerasdl.data.preprocessing import Part
from kerasdl.finding import Finding


def duplicates(raw: ImageFiles, parts: Parts) -> Iterator[Finding]:
    """Yield a finding for each held-out part that has files in common with training.

    Files are the same if their bytes are.

    Args:
        raw: The images of all parts.
        parts: The parts.
    """
    targets, known = raw.targets, parts.train.rows
    # A quarter of a SHA-256 tells files apart as well, and is a number.
    keys = np.ascontiguousarray(raw.digests[:, :8]).view("uint64").ravel()
    order = np.argsort(keys[known], kind="stable")
    in_order = keys[known][order]
    for name in ("validation", "test"):
        part: Part = getattr(parts, name)
        first = np.searchsorted(in_order, keys[part.rows])
        last = np.searchsorted(in_order, keys[part.rows], "right")
        copies = np.flatnonzero(last > first)
        if not len(copies):
            continue
        what = (
            f"{len(copies):,} of {len(part.rows):,} {name} images copy training images"
        )
        if targets is not None:
            same = sum(
                any(
                    str(targets[known[place]]) == str(targets[part.rows[copy]])
                    for place in order[first[copy] : last[copy]]
                )
                for copy in copies
            )
            of_what = "class" if raw.given is None else "target"
            what += f", {same:,} with the same {of_what}"
        original = raw.names[known[order[first[copies[0]]]]]
        what += f", such as {original} and {raw.names[part.rows[copies[0]]]}"
        yield Finding("duplicate-images", what, "remove the copies", name, len(copies))
