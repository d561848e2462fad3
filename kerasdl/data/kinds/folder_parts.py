"""Split examples as the folders of their files say."""

from typing import Protocol, Self

import numpy as np

from kerasdl.data.kinds.kind import Kind
from kerasdl.data.kinds.own_test import sources
from kerasdl.data.kinds.split_rows import split_rows
from kerasdl.data.parts import Parts
from kerasdl.data.preprocessing import Part
from kerasdl.data.raw import Raw
from kerasdl.data.split import at_random
from kerasdl.data.wrong_places import named
from kerasdl.errors import DataError
from kerasdl.finding import Finding


class FromFolder(Raw, Protocol):
    """Raw data that may come from a folder."""

    @property
    def part(self) -> tuple[str, ...]:
        """`"train"`, `"validation"` or `"test"` for each example; empty if none says."""
        ...

    @property
    def skipped(self) -> tuple[str, ...]:
        """What was left out, and why."""
        ...

    @property
    def test(self) -> Self | None:
        """The test examples, if they stand elsewhere."""
        ...


def folder_parts(
    kind: Kind,
    raw: FromFolder,
    labels: np.ndarray | None,
    test: Part | None,
    seed: int,
) -> Parts:
    """Hold out what stands in folders of a part; at random what no folder decides.

    Args:
        kind: The `[data]` table, which has the fractions.
        raw: The data.
        labels: Class of every example, to keep the proportions; None for no classes.
        test: Test examples that stand elsewhere, if there are any.
        seed: Seed of the random split.

    Raises:
        DataError: If there are too few examples, none to learn from, or two test sets.
    """
    parts = np.array(raw.part)
    train, validation, own = (
        np.flatnonzero(parts == name) for name in ("train", "validation", "test")
    )
    if not len(train):
        what = f"{raw.source} has no training data, but folders of other parts"
        raise DataError(what, "add a folder named train")
    if len(own) and test is not None:
        what = f"{raw.source} has a folder of test data, and --test-data names others"
        raise DataError(what, "remove one of them")
    if len(own):
        test = Part(raw, own)
    if not len(validation):
        return split_rows(kind, raw, train, labels, test, seed)
    how = "as the folders say"
    if test is None:
        rule = at_random(labels, seed, raw.source)
        train, held_out = rule(train, fraction=kind.test_fraction, part="test")
        test, how = Part(raw, held_out), f"{how}, the test set at random"
    return Parts(Part(raw, train), Part(raw, validation), test, how)


def own_test(raw: FromFolder) -> Part | None:
    """Return the examples in folders of a test set; None if there are none.

    Those that stand elsewhere come first.
    """
    found = raw if raw.test is None else raw.test
    rows = np.flatnonzero(np.array(found.part) == "test")
    return Part(found, rows) if len(rows) else None


def folder_findings(raw: FromFolder, parts: Parts) -> list[Finding]:
    """Return how folders split the examples, and what was left out."""
    found = []
    if raw.part:
        found.append(Finding("split", f"split {parts.how}", severity="info"))
    for each in sources(raw):
        if count := len(each.skipped):
            entries = "1 entry" if count == 1 else f"{count:,} entries"
            what = f"{entries} of {each.source} left out: {named(each.skipped)}"
            found.append(Finding("folder", what, "remove them, or ignore this"))
    return found
