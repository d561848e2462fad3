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
    digests, targets = raw.digests, raw.targets
    first: dict[bytes, int] = {}
    labels: dict[bytes, set[str]] = {}
    for row in parts.train.rows.tolist():
        first.setdefault(digests[row], row)
        labels.setdefault(digests[row], set()).add(_label(targets, row))
    for name in ("validation", "test"):
        part: Part = getattr(parts, name)
        copies = [row for row in part.rows.tolist() if digests[row] in first]
        if not copies:
            continue
        what = (
            f"{len(copies):,} of {len(part.rows):,} {name} images copy training images"
        )
        if targets is not None:
            same = sum(_label(targets, row) in labels[digests[row]] for row in copies)
            of_what = "class" if raw.given is None else "target"
            what += f", {same:,} with the same {of_what}"
        original = raw.names[first[digests[copies[0]]]]
        what += f", such as {original} and {raw.names[copies[0]]}"
        yield Finding("duplicate-images", what, "remove the copies", name, len(copies))


def _label(targets: np.ndarray | None, row: int) -> str:
    return "" if targets is None else str(targets[row])
