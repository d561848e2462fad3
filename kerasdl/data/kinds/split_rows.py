"""Split rows as the fractions of a kind say."""

import numpy as np

from kerasdl.data.kinds.kind import Kind
from kerasdl.data.parts import HoldOut, Parts
from kerasdl.data.preprocessing import Part
from kerasdl.data.raw import Raw
from kerasdl.data.split import at_random


def split_rows(
    kind: Kind,
    raw: Raw,
    rows: np.ndarray,
    labels: np.ndarray | None,
    test: Part | None,
    seed: int,
    rule: HoldOut | None = None,
) -> Parts:
    """Hold out rows for validation and, unless the data have their own, for the test.

    Args:
        kind: The `[data]` table, which has the fractions.
        raw: The data.
        rows: All rows to split, of shape `(rows,)`.
        labels: Class of every row, to keep the proportions; None for no classes.
        test: Test examples that the data have; None holds out rows.
        seed: Seed of the random split.
        rule: The rule that holds rows out; None for `at_random`.

    Raises:
        DataError: If there are too few examples.
    """
    how = f"at random from seed {seed}"
    how += ", stratified by class" if labels is not None else ""
    how += ", with the test set of the data" if test else ""
    rule = rule or at_random(labels, seed, raw.source)
    if test is None:
        rows, held_out = rule(rows, fraction=kind.test_fraction, part="test")
        test = Part(raw, held_out)
    fraction = kind.validation_fraction
    rows, validation = rule(rows, fraction=fraction, part="validation")
    return Parts(Part(raw, rows), Part(raw, validation), test, how)
