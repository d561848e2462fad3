"""Values of columns as features of a network. Needs NumPy alone."""

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np

Column = dict[str, Any]
"""How a column is encoded, as `preprocessing.json` tells it."""
MISSING = frozenset(
    ["NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "<NA>", "#N/A", "?", "-", "."]
)
"""Spellings of a missing value, besides an empty one."""
MISSING_NUMBER = MISSING | {"None", "none"}
PERIODS = (365.2425 * 86_400, 7.0 * 86_400, 86_400.0)
"""Seconds in a year, a week and a day."""
BOUND, FARTHEST = 3.0, 1e9
"""Of features that are scaled by quartiles."""
SMALLEST_SHARE = 1e-7
"""Of the values of the training below or above a value."""
MAX_DIGITS = 16
"""Characters of a whole number that is no identifier."""


class Features(NamedTuple):
    """Features of a column; each has the shape `(rows,)`."""

    numbers: list[np.ndarray]
    indicators: list[np.ndarray]
    codes: list[np.ndarray]


def features(texts: dict[str, list[str]], columns: list[Column]) -> np.ndarray:
    """Return float32 features of shape `(rows, features)`.

    Args:
        texts: The values of each column.
        columns: How each is encoded. Numbers come first, then indicators, then codes.

    Raises:
        ValueError: If a value is not what its column holds.
    """
    parts = [ENCODINGS[each["type"]](texts[each["name"]], each) for each in columns]
    sorts = zip(*parts, strict=True)
    return np.stack(
        [f for sort in sorts for part in sort for f in part], 1, dtype="float32"
    )


def _standard(texts: list[str], column: Column) -> Features:
    values, scale = _values(texts, column), column["scale"]
    standard = (values - column["mean"]) / scale if scale else 0 * values
    found = [np.nan_to_num(each) for each in (standard, *_periodic(values, column))]
    return Features([*found, *_mark(values, column)], [], [])


def _robust(texts: list[str], column: Column) -> Features:
    values = _values(texts, column)
    numbers = [values, *_periodic(values, column)]
    scaled = _scaled([*numbers, *_mark(values, column)], column)
    return Features(scaled[: len(numbers)], scaled[len(numbers) :], [])


def _quantile(texts: list[str], column: Column) -> Features:
    values, quantiles = _values(texts, column), np.array(column["quantiles"])
    numbers = []
    if len(quantiles) > 1:
        shares = np.linspace(0, 1, len(quantiles))
        highest = np.interp(values, quantiles, shares)
        lowest = 1 - np.interp(-values, -quantiles[::-1], shares)
        share = np.clip((lowest + highest) / 2, SMALLEST_SHARE, 1 - SMALLEST_SHARE)
        normal = NormalDist()
        known = np.nan_to_num(share, nan=0.5).tolist()
        first = np.array([normal.inv_cdf(each) for each in known])
        numbers = [np.nan_to_num(each) for each in (first, *_periodic(values, column))]
    return Features(numbers, _mark(values, column), [])


def _category(texts: list[str], column: Column) -> Features:
    return Features(_one_hot(texts, column), [], [])


def _indicator(texts: list[str], column: Column) -> Features:
    return Features([], _one_hot(texts, column), [])


def _robust_category(texts: list[str], column: Column) -> Features:
    found = _one_hot(texts, column)
    raw = [found[0] - found[1]] if len(found) == 2 else found
    return Features([], _scaled(raw, column), [])


def _code(texts: list[str], column: Column) -> Features:
    numbers = {value: n for n, value in enumerate(column["values"], start=1)}
    codes = [float(numbers.get(each, 0)) for each in _categories(texts, column)]
    return Features([], [], [np.array(codes)])


ENCODINGS: dict[str, Callable[[list[str], Column], Features]] = {
    "number": _standard,
    "date": _standard,
    "category": _category,
    "robust-number": _robust,
    "robust-date": _robust,
    "robust-category": _robust_category,
    "quantile-number": _quantile,
    "quantile-date": _quantile,
    "indicator": _indicator,
    "code": _code,
}


def _mark(values: np.ndarray, column: Column) -> list[np.ndarray]:
    return [np.isnan(values).astype("float64")] if column["marks_missing"] else []


def _periodic(values: np.ndarray, column: Column) -> list[np.ndarray]:
    """Return a sine and a cosine of dates for each period; nothing of numbers."""
    if not column["type"].endswith("date"):
        return []
    angles = [2 * np.pi * (values / period) for period in PERIODS]
    return [wave(angle) for angle in angles for wave in (np.sin, np.cos)]


def _scaled(raw: list[np.ndarray], column: Column) -> list[np.ndarray]:
    """Return features scaled by their quartiles, and clipped smoothly."""
    found = []
    statistics = zip(raw, column["center"], column["factor"], strict=True)
    for feature, center, factor in statistics:
        distance = np.nan_to_num((feature - center) * factor).clip(-FARTHEST, FARTHEST)
        found.append(distance / np.sqrt(1 + (distance / BOUND) ** 2))
    return found


def _one_hot(texts: list[str], column: Column) -> list[np.ndarray]:
    given = _categories(texts, column)
    found = [
        np.array([each == value for each in given], "float64")
        for value in column["values"]
    ]
    rest = np.ones(len(given)) - np.sum(found, axis=0) if found else np.ones(len(given))
    return [*found, rest] if column.get("others") else found


def _values(texts: list[str], column: Column) -> np.ndarray:
    """Return numbers, or seconds of dates, with NaN where one is missing."""
    is_date = column["type"].endswith("date")
    read = _seconds if is_date else _number
    missing = _missing(column, MISSING if is_date else MISSING_NUMBER)
    known = dict.fromkeys(missing, math.nan)
    for text in {*texts} - missing:
        known[text] = value = read(text, column["spelling"])
        if not math.isfinite(value):
            held = "dates" if is_date else "numbers"
            raise ValueError(f"column {column['name']!r} holds {held}, but {text!r}")
    return np.array([known[text] for text in texts], "float64")


def _missing(column: Column, usual: frozenset[str]) -> frozenset[str]:
    given = frozenset(column["spelling"]["missing"])
    return given | {""} | (usual if "auto" in given else frozenset())


def _number(text: str, spelling: dict[str, Any]) -> float:
    """Return the number that a text spells; NaN if it spells none."""
    if unit := spelling["unit"]:
        before, _, after = (part.strip() for part in text.partition(unit))
        if (before not in ("", "+", "-") and after) or unit not in text:
            return math.nan
        text = before + after
    if len(text) > MAX_DIGITS and text.lstrip("+-").isdigit():
        return math.nan
    point, comma = (",", r"\.") if spelling["decimal"] == "," else (r"\.", ",")
    thousands = rf"[+-]?\d{{1,3}}({comma}\d{{3}})+({point}\d*)?"
    plain = rf"[+-]?(\d+({point}\d*)?|{point}\d+)([eE][+-]?\d+)?"
    if re.fullmatch(thousands, text, re.ASCII):
        text = re.sub(comma, "", text)
    elif not re.fullmatch(plain, text, re.ASCII):
        return math.nan
    return float(text.replace(",", "."))


def _seconds(text: str, spelling: dict[str, Any]) -> float:
    """Return the seconds since 1970 of a date, in UTC where no zone is given.

    NaN if the text is none.
    """
    try:
        if spelling["date_format"] != "iso":
            date = datetime.strptime(text, spelling["date_format"])
        elif len(text) < len("2026-11-26") or text[4] != "-":
            return math.nan
        else:
            date = datetime.fromisoformat(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return math.nan


def _categories(texts: list[str], column: Column) -> list[str | None]:
    """Return the category of each text; None for a missing one."""
    is_number = column["spelling"]["comparison"] == "number"
    missing = _missing(column, MISSING_NUMBER if is_number else MISSING)
    known = {text: _named(text, column["spelling"]) for text in {*texts} - missing}
    return [known.get(text) for text in texts]


def _named(text: str, spelling: dict[str, Any]) -> str:
    """Return the name that all spellings of a category share."""
    if spelling["comparison"] == "boolean":
        return {"true": "True", "false": "False"}.get(text.casefold(), text)
    if spelling["comparison"] == "text":
        return text
    value = _number(text, spelling | {"unit": ""})
    if math.isnan(value):
        return text
    return str(int(value)) if abs(value) < 1e16 and value == int(value) else repr(value)
