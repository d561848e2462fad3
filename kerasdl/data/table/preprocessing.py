"""Preprocessing of tables, fitted on a training split."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from kerasdl.data.examples import ArrayExamples, Examples
from kerasdl.data.preprocessing import Part, Portable, Preprocessing, Sample
from kerasdl.data.signature import Input, Signature
from kerasdl.data.table import encodings
from kerasdl.data.table.columns import Column, Widths
from kerasdl.data.table.csv_sample import csv_sample
from kerasdl.data.table.infer import Inferred
from kerasdl.data.table.table import MAX_COLUMNS, MOST_PLACES, Table, listing
from kerasdl.data.targets import Origin, Targets
from kerasdl.errors import DataError


@dataclass(frozen=True)
class TablePreprocessing(Preprocessing):
    """Encodings of the columns of a table.

    Args:
        columns: The encoding of each column. Its features stand in this order, but
            numbers come before indicators, and codes last.
    """

    columns: tuple[Column, ...]

    @property
    def origins(self) -> tuple[Origin, ...]:
        """Given targets, or the inputs themselves."""
        return ("given", "inputs")

    @property
    def signature(self) -> Signature:
        """One float32 input of all features."""
        widths = [column.widths for column in self.columns]
        _, indicators, _ = totals = [*map(sum, zip(*widths, strict=True))]
        codes = tuple(
            column.cardinality for column in self.columns if column.cardinality
        )
        every = Input((sum(totals),), indicators=indicators, cardinalities=codes)
        return {"inputs": every}

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
        widths = [column.widths for column in self.columns]
        return _in_order(features, widths).astype("float32")

    def decoded(self, features: np.ndarray) -> dict[str, np.ndarray]:
        """Return a column `reconstruction …` for each column of the table."""
        parts = _by_column(features, [column.widths for column in self.columns])
        return {
            f"reconstruction {column.name}": column.decode(part)
            for column, part in zip(self.columns, parts, strict=True)
        }

    def feature_groups(self) -> dict[str, np.ndarray]:
        """Return the features of each column."""
        [only] = self.signature.values()
        places = np.arange(*only.shape)[None]
        parts = _by_column(places, [column.widths for column in self.columns])
        return {
            column.name: np.isin(places[0], part)
            for column, part in zip(self.columns, parts, strict=True)
        }

    def examples(
        self, part: Part, targets: Targets, learning: bool = False
    ) -> ArrayExamples:
        """Return features and encoded targets."""
        x = self.inputs(part)
        if targets.origin == "inputs":
            return ArrayExamples(x, x)
        raw = part.raw
        name = ", ".join(map(repr, raw.target_names))
        y = targets.encode(raw.targets, part.rows, raw.source, name)
        return ArrayExamples(x, y)

    def linear_features(
        self, train: Examples, test: Examples, rows: np.ndarray
    ) -> tuple[str, Any, Any]:
        """Return the features, with codes one-hot."""
        [only] = self.signature.values()
        prefix, x, x_test = super().linear_features(train, test, rows)
        return prefix, *(_one_hot(each, only.cardinalities) for each in (x, x_test))

    @property
    def portable(self) -> Portable:
        """A script that reads CSV files."""
        return Portable("table", "rows.csv")

    def sample(self, part: Part) -> Sample:
        """Return rows as a CSV file."""
        names = [column.name for column in self.columns]
        return csv_sample(part.raw.table.take(part.rows), names)

    def to_json(self) -> dict[str, Any]:
        """Return the encodings as JSON values."""
        return {"columns": [each.to_json() for each in self.columns]}


def fit(
    table: Table,
    inferred: Mapping[str, Inferred],
    scaling: encodings.Scaling,
    max_one_hot: Literal["all"] | int,
) -> TablePreprocessing:
    """Fit the encoding of every column that is not ignored, and of which one is left.

    Args:
        table: The training rows.
        inferred: The type of each column.
        scaling: As in `encodings.fit`.
        max_one_hot: As in `encodings.fit`.

    Raises:
        DataError: If a value cannot be encoded, or nothing is left to learn from.
    """
    fitted = [
        encodings.fit(each.type, table, name, each.spelling, scaling, max_one_hot)
        for name, each in inferred.items()
        if each.type != "ignored"
    ]
    columns = tuple(column for column in fitted if column.width)
    if not columns:
        raise _nothing_to_learn_from(table, inferred)
    return TablePreprocessing(columns)


def _nothing_to_learn_from(table: Table, inferred: Mapping[str, Inferred]) -> DataError:
    what = f"{table.source} has no column to learn from"
    if not inferred:
        return DataError(f"{what} beside its target", "add columns")
    reasons = [
        f"{name!r} ({each.reason if each.type == 'ignored' else 'it does not vary'})"
        for name, each in inferred.items()
    ]
    what = f"{what}: {listing(reasons[:MOST_PLACES], len(reasons))}"
    hint = "add columns that vary, or name some in data.numbers or data.categories"
    return DataError(what, hint)


def from_json(values: dict[str, Any]) -> TablePreprocessing:
    """Return the preprocessing that `TablePreprocessing.to_json` describes.

    Raises:
        KeyError, TypeError, ValueError: If the values are damaged.
    """
    columns = tuple(map(encodings.from_json, values["columns"]))
    names = {column.name for column in columns}
    if not 0 < len(names) == len(columns) <= MAX_COLUMNS:
        raise ValueError(f"there are {len(columns)} columns of {len(names)} names")
    return TablePreprocessing(columns)


def _in_order(features: Sequence[np.ndarray], widths: Sequence[Widths]) -> np.ndarray:
    """Return the features of all columns: numbers, then indicators, then codes."""
    parts = [
        np.split(each, np.cumsum(width)[:-1], axis=1)
        for each, width in zip(features, widths, strict=True)
    ]
    return np.concatenate(
        [part for sort in zip(*parts, strict=True) for part in sort], 1
    )


def _by_column(features: np.ndarray, widths: Sequence[Widths]) -> Iterable[np.ndarray]:
    """Yield the features of each column, in the inverse of `_in_order`."""
    totals = np.array(widths).sum(0)
    starts = np.cumsum(totals) - totals
    for width in widths:
        places = [
            np.arange(start, start + count)
            for start, count in zip(starts, width, strict=True)
        ]
        yield features[:, np.concatenate(places)]
        starts = starts + width


def _one_hot(x: np.ndarray, cardinalities: Sequence[int]) -> Any:
    """Return features whose last ones, the codes, are one-hot; sparse if there are any."""
    if not cardinalities:
        return x
    from scipy.sparse import csr_array, hstack

    places = np.cumsum([0, *cardinalities])
    codes = x[:, -len(cardinalities) :].astype("int64") + places[:-1]
    ends = np.arange(len(x) + 1) * len(cardinalities)
    shape = len(x), int(places[-1])
    one_hot = csr_array((np.ones(codes.size), codes.ravel(), ends), shape=shape)
    return hstack([csr_array(x[:, : -len(cardinalities)]), one_hot], format="csr")


def joined(faults: Iterable[DataError]) -> DataError:
    """Return one error that says all."""
    first, *others = faults
    shown = [first.what, *(fault.what for fault in others[: MOST_PLACES - 1])]
    return DataError("; ".join(shown), first.hint)
