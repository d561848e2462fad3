"""Preprocessing of tables, fitted on a training split."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasdl.data.examples import ArrayExamples
from kerasdl.data.preprocessing import Part, Preprocessing
from kerasdl.data.signature import Input, Signature
from kerasdl.data.table import columns
from kerasdl.data.table.columns import Column
from kerasdl.data.table.table import MAX_COLUMNS, MOST_PLACES, listing
from kerasdl.data.targets import Origin, Targets
from kerasdl.errors import DataError


@dataclass(frozen=True)
class TablePreprocessing(Preprocessing):
    """Encodings of the columns of a table.

    Args:
        columns: The encoding of each column, in the order of the features.
    """

    columns: tuple[Column, ...]

    @property
    def origins(self) -> tuple[Origin, ...]:
        """Given targets, or the inputs themselves."""
        return ("given", "inputs")

    @property
    def signature(self) -> Signature:
        """One float32 input of all features."""
        return {"inputs": Input((sum(column.width for column in self.columns),))}

    def inputs(self, part: Part) -> np.ndarray:
        """Return float32 features of shape `(rows, features)`.

        Raises:
            DataError: If a column is missing or a value cannot be encoded; names lines.
        """
        table = part.raw.table.take(part.rows)
        names = [column.name for column in self.columns]
        if missing := [name for name in names if name not in table.columns]:
            shown = listing([*map(repr, missing[:MOST_PLACES])], len(missing))
            what = f"{table.source} lacks the columns {shown}"
            raise DataError(what, "give all columns that the model was trained on")
        faults, features = [], []
        for column in self.columns:
            try:
                features.append(column.encode(table))
            except DataError as fault:
                faults.append(fault)
        if faults:
            raise joined(faults)
        return np.concatenate(features, axis=1).astype("float32")

    def examples(
        self, part: Part, targets: Targets, learning: bool = False
    ) -> ArrayExamples:
        """Return features and encoded targets."""
        x = self.inputs(part)
        if targets.origin == "inputs":
            return ArrayExamples(x, x)
        raw = part.raw
        name = repr(raw.target)
        y = targets.encode(raw.targets, part.rows, raw.source, name)
        return ArrayExamples(x, y)

    def to_json(self) -> dict[str, Any]:
        """Return the encodings as JSON values."""
        return {"columns": [each.to_json() for each in self.columns]}


def from_json(values: dict[str, Any]) -> TablePreprocessing:
    """Return the preprocessing that `TablePreprocessing.to_json` describes.

    Raises:
        KeyError, TypeError, ValueError: If the values are damaged.
    """
    encodings = tuple(map(columns.from_json, values["columns"]))
    names = {encoding.name for encoding in encodings}
    if not 0 < len(names) == len(encodings) <= MAX_COLUMNS:
        raise ValueError(f"there are {len(encodings)} columns of {len(names)} names")
    return TablePreprocessing(encodings)


def joined(faults: Iterable[DataError]) -> DataError:
    """Return one error that says all."""
    first, *others = faults
    shown = [first.what, *(fault.what for fault in others[: MOST_PLACES - 1])]
    return DataError("; ".join(shown), first.hint)
