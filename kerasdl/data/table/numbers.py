"""Numbers as people write them: decimal comma, thousands, percent and currencies."""

import contextlib
import math
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace

from kerasdl.data.table.spelling import UNIT, Decimal, Spelling

PLAIN = {
    ".": re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII),
    ",": re.compile(r"[+-]?(\d+(,\d*)?|,\d+)([eE][+-]?\d+)?", re.ASCII),
}
"""Numbers without separators between thousands, by their decimal separator."""
THOUSANDS = {
    ".": re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", re.ASCII),
    ",": re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d*)?", re.ASCII),
}
"""Numbers with separators between thousands, by their decimal separator."""
MAX_DIGITS = 16
"""Characters of a whole number that float64 can hold, with its sign."""
PLAIN_CHARACTERS = frozenset("0123456789.+-eE")
"""With these, Python's numbers are those of `PLAIN`."""
MAJORITY = 0.9
"""Share of the distinct texts from which on the others are errors."""


def decimal_of(texts: Collection[str], spelling: Spelling) -> Decimal:
    """Return the decimal separator of texts; `"auto"` if it may be both."""
    if spelling.decimal != "auto":
        return spelling.decimal
    if not any("," in text or text.count(".") > 1 for text in texts):
        return "."
    point, comma = (
        sum(math.isfinite(number(text, decimal, spelling.unit)) for text in texts)
        for decimal in ".,"
    )
    if point == comma and any(has_comma(text, spelling.unit) for text in texts):
        return "auto"
    return "." if point >= comma else ","


def has_comma(text: str, unit: str) -> bool:
    """Return whether a text is a number whose comma may be decimal."""
    return "," in text and math.isfinite(number(text, ",", unit))


def with_unit(texts: Collection[str], spelling: Spelling) -> Spelling:
    """Return a spelling with the sign that most of the texts have, if there is one.

    Args:
        texts: The distinct values of the column.
        spelling: How values are spelled.
    """
    signs = Counter(match[0] for match in map(UNIT.search, texts) if match)
    for sign, count in signs.most_common(1):
        if count >= MAJORITY * len(texts):
            return replace(spelling, unit=sign)
    return spelling


def numbers(texts: Sequence[str], decimal: str, unit: str) -> list[float]:
    """Return the number that each text spells, or NaN."""
    if decimal == "." and not unit and {*"".join(texts)} <= PLAIN_CHARACTERS:
        with contextlib.suppress(ValueError):  # a third of the time of `number`
            return [math.nan if _is_identifier(t) else float(t) for t in texts]
    return [number(text, decimal, unit) for text in texts]


def number(text: str, decimal: str, unit: str = "") -> float:
    """Return the number that a text spells, or NaN."""
    if unit:
        before, _, after = (part.strip() for part in text.partition(unit))
        if (before not in ("", "+", "-") and after) or unit not in text:
            return math.nan
        text = before + after
    if _is_identifier(text):
        return math.nan
    if THOUSANDS[decimal].fullmatch(text):
        text = text.replace("," if decimal == "." else ".", "")
    elif not PLAIN[decimal].fullmatch(text):
        return math.nan
    return float(text.replace(",", "."))


def _is_identifier(text: str) -> bool:
    """Return whether a text is a whole number that float64 would round."""
    return len(text) > MAX_DIGITS and text.lstrip("+-").isdigit()
