"""Data frames of pandas, polars and other libraries, as tables."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from kerasdl.data.table.table import Table, check_names, is_text
from kerasdl.errors import DataError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
YEARS_1_TO_9999 = -62_135_596_800_000_000, 253_402_300_800_000_000
"""The dates that ISO 8601 can write, in microseconds since 1970."""
LARGEST_EXACT = 2**53
"""Whole numbers beyond this one are kept as text: float64 would round them."""


def from_frame(
    frame: Any, source: str = "data", categories: Collection[str] | None = None
) -> Table:
    """Return a data frame as a table; values mean the same as in a CSV file.

    Spaces around texts are dropped, and empty texts are missing. Booleans become the
    texts `True` and `False`. Columns of lists and other objects are unreadable.

    Args:
        frame: An eager data frame of pandas, polars, pyarrow or another library that
            narwhals knows.
        source: Name of the frame, for messages.
        categories: Columns that hold categories; None tells by their types.

    Raises:
        DataError: If it is no such frame, has no rows or two columns of one name, or
            holds a value that cannot be kept.
    """
    import narwhals.stable.v2 as nw

    try:
        eager = nw.from_native(frame, eager_only=True)
        names = check_names([*map(str, eager.columns)], source)
    except (TypeError, ValueError) as fault:
        reason = f"it is a {type(frame).__name__}"
        if isinstance(fault, ValueError):
            reason = " ".join(str(fault).split())
        what = f"{source} is no data frame that can be read: {reason}"
        hint = "give one of pandas or polars; collect a lazy one first"
        raise DataError(what, hint) from fault
    if not len(eager):
        raise DataError(f"{source} has no rows", "give it some")
    columns: dict[str, np.ndarray] = {}
    unreadable: dict[str, str] = {}
    if categories is None:
        of_types = (nw.Categorical, nw.Enum)
        types = zip(names, eager.schema.values(), strict=True)
        categories = [name for name, dtype in types if dtype in of_types]
    for name, series in zip(names, eager.iter_columns(), strict=True):
        try:
            columns[name] = _column(series)
        except _UnreadableError as fault:
            unreadable[name] = str(fault)
        except (ArithmeticError, RuntimeError, TypeError, ValueError) as fault:
            what = f"column {name!r} of {source} cannot be read: {fault}"
            raise DataError(what, "fix it, or leave it out") from fault
    if not columns:
        what = f"{source} has no column that can be read"
        raise DataError(what, "give texts, numbers, booleans or dates")
    declared = columns.keys() & {*categories}
    return Table(source, columns, categories=frozenset(declared), unreadable=unreadable)


def frame_like(frame: Any, columns: Mapping[str, np.ndarray]) -> Any:
    """Return a data frame of the same library, with the same index if it is as long.

    Args:
        frame: The data frame.
        columns: Columns of one length.
    """
    import narwhals.stable.v2 as nw

    library = nw.from_native(frame, eager_only=True).implementation
    similar = nw.from_dict({**columns}, backend=library).to_native()
    if library.is_pandas_like() and len(similar) == len(frame):
        similar.index = frame.index
    return similar


class _UnreadableError(Exception):
    """Values of a type that no column of a table has; the message says which."""


def _column(series: Any) -> np.ndarray:
    """Return a column of a table.

    Raises:
        _UnreadableError: If its type is unknown.
        ArithmeticError, RuntimeError, TypeError, ValueError: If a value is wrong.
    """
    import narwhals.stable.v2 as nw

    dtype, missing = series.dtype, series.is_null().to_numpy().astype(bool)
    if dtype.is_integer() or dtype.is_float():
        present = series.drop_nulls().to_numpy()
        if dtype.is_float() or _is_exact(present):
            return _filled(present.astype("float64"), missing, np.nan)
    if dtype in (nw.Date, nw.Datetime):
        counts = series.drop_nulls().dt.timestamp("us").to_numpy()
        return _dates(counts, missing)
    if dtype == nw.Categorical and series.implementation.is_pyarrow():
        return _of_dictionary(series.to_native(), missing)
    if dtype.is_nested():
        raise _UnreadableError(f"values of type {dtype}")
    values = zip(series.to_list(), missing.tolist(), strict=True)
    return _of_objects([value for value, absent in values if not absent], missing)


def _of_dictionary(chunks: Any, missing: np.ndarray) -> np.ndarray:
    """Return a column of pyarrow dictionaries; each word is converted once."""
    whole = chunks.unify_dictionaries().combine_chunks()
    words = whole.dictionary.to_pylist()
    if not words:
        return _filled(np.empty(0, object), missing, None)
    absent = np.array([word is None for word in words], bool)
    column = _of_objects([word for word in words if word is not None], absent)
    column = column[whole.indices.fill_null(0).to_numpy(zero_copy_only=False)]
    column[missing] = np.nan if column.dtype.kind == "f" else None
    return column


def _of_objects(values: Sequence[Any], missing: np.ndarray) -> np.ndarray:
    """Return a column of Python objects; the arguments are those of `_filled`."""
    types = {*map(type, values)}

    def all_are(*kinds: type) -> bool:
        return bool(types) and all(issubclass(each, kinds) for each in types)

    if all_are(date):
        return _dates(np.array([*map(_microseconds, values)]), missing)
    if all_are(timedelta):
        numbers = np.array([value.total_seconds() for value in values], "float64")
        return _filled(numbers, missing, np.nan)
    numeric = int, float, Decimal, np.integer, np.floating
    if all_are(*numeric) and bool not in types and _is_exact(values):
        return _filled(np.array([*map(float, values)]), missing, np.nan)
    if types and not all_are(str, time, np.bool_, *numeric):
        name = next(iter(types)).__name__
        raise _UnreadableError(f"values of type {name}")
    known = {
        key: _text(key[1]) or None
        for key in {*zip(map(type, values), values, strict=True)}
    }
    texts = np.empty(len(values), object)
    texts[:] = [known[type(value), value] for value in values]
    return _filled(texts, missing, None)


def _text(value: Any) -> str:
    """Return a value as text without spaces around; raise `ValueError` if it is none."""
    text = str(value).strip()
    if not is_text(text):
        raise ValueError(f"{text[:20]!a} has NUL or half a character")
    return text


def _is_exact(values: Sequence[Any] | np.ndarray) -> bool:
    """Return whether float64 holds all whole numbers among the values."""
    whole: Any = values
    if not isinstance(values, np.ndarray):
        whole = np.array([v for v in values if isinstance(v, int | np.integer)], object)
    return not len(whole) or max(-int(whole.min()), int(whole.max())) <= LARGEST_EXACT


def _microseconds(value: date) -> int:
    """Return microseconds since 1970; a date without a zone is taken as UTC."""
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    if value.tzinfo is None:
        value = value.replace(tzinfo=UTC)
    return (value - EPOCH) // timedelta(microseconds=1)


def _dates(counts: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """Return dates, from microseconds since 1970 where they are not missing.

    Raises:
        OverflowError: If ISO 8601 cannot write one.
    """
    first, end = YEARS_1_TO_9999
    if (wrong := (counts < first) | (counts >= end)).any():
        row = np.flatnonzero(~missing)[wrong][0]
        raise OverflowError(f"row {row} is before the year 1 or after 9999")
    dates = counts.astype("int64").astype("datetime64[us]")
    return _filled(dates, missing, np.datetime64("NaT"))


def _filled(present: np.ndarray, missing: np.ndarray, value: Any) -> np.ndarray:
    """Return a column of all rows.

    Args:
        present: The values that are not missing.
        missing: Which rows have no value, of shape `(rows,)`.
        value: Stands for a missing value.
    """
    column = np.full(len(missing), value, present.dtype)
    column[~missing] = present
    return column
