"""Split examples as the folders of their files say."""

from collections.abc import Sequence

import numpy as np

from kerasdl.data.kinds.kind import Kind
from kerasdl.data.kinds.split_rows import split_rows
from kerasdl.data.parts import Parts
from kerasdl.data.preprocessing import Part
from kerasdl.data.raw import Raw
from kerasdl.data.split import at_random
from kerasdl.data.wrong_places import named
from kerasdl.errors import DataError
from kerasdl.finding import Finding


def folder_parts(
    kind: Kind, raw: Raw, part: Sequence[str], labels: np.ndarray | None, seed: int
) -> Parts:
    """Hold out what stands in folders of a part; at random what no folder decides.

    Args:
        kind: The `[data]` table, which has the fractions.
        raw: The data.
        part: `"train"`, `"validation"` or `"test"` for each example.
        labels: Class of every example, to keep the proportions; None for no classes.
        seed: Seed of the random split.

    Raises:
        DataError: If there are too few examples, or none to learn from.
    """
    parts = np.array(part)
    train, validation, test = (
        np.flatnonzero(parts == name) for name in ("train", "validation", "test")
    )
    if not len(train):
        what = f"{raw.source} has no training data, but folders of other parts"
        raise DataError(what, "add a folder named train")
    own_test = Part(raw, test) if len(test) else None
    if not len(validation):
        return split_rows(kind, raw, train, labels, own_test, seed)
    how = "as the folders say"
    if own_test is None:
        rule = at_random(labels, seed, raw.source)
        train, test = rule(train, fraction=kind.test_fraction, part="test")
        own_test, how = Part(raw, test), f"{how}, the test set at random"
    return Parts(Part(raw, train), Part(raw, validation), own_test, how)


def folder_findings(
    raw: Raw, part: Sequence[str], skipped: Sequence[str], parts: Parts
) -> list[Finding]:
    """Return how folders split the examples, and what was left out.

    Args:
        raw: The data.
        part: As for `folder_parts`; empty if folders decide nothing.
        skipped: What was left out of the folder, and why.
        parts: The split.
    """
    found = []
    if part:
        found.append(Finding("split", f"split {parts.how}", severity="info"))
    if count := len(skipped):
        entries = "1 entry" if count == 1 else f"{count:,} entries"
        what = f"{entries} of {raw.source} left out: {named(skipped)}"
        found.append(Finding("folder", what, "remove them, or ignore this"))
    return found
