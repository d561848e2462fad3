"""How the values of a column are spelled."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Decimal = Literal["auto", ".", ","]
Comparison = Literal["text", "number", "boolean"]

MISSING = frozenset(
    ["NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "<NA>", "#N/A", "?", "-", "."]
)
"""Spellings of a missing value, besides an empty one."""
MISSING_NUMBER = MISSING | {"None", "none"}
"""Among words, `None` is one of them."""
UNIT = re.compile("[%‰$¢-¥\u0e3f\u20a0-\u20c0]")
"""Signs beside a number: percent, per mille and currencies."""
MAX_SPELLINGS = 1000


@dataclass(frozen=True)
class Spelling:
    """How the values of a column are spelled.

    Args:
        missing: Spellings of a missing value; `"auto"` among them stands for the usual
            ones.
        decimal: The decimal separator; `"auto"` must be recognised.
        date_format: `"iso"`, or as for `datetime.strptime`; `"auto"` must be recognised.
        unit: A sign before or after every number, such as `"%"` or `"$"`; empty for
            plain numbers.
        comparison: Which texts are the same category. `"number"` takes `1` and `1.0`
            for the same, `"boolean"` takes `true` and `TRUE`.
    """

    missing: tuple[str, ...] = ("auto",)
    decimal: Decimal = "auto"
    date_format: str = "auto"
    unit: str = ""
    comparison: Comparison = "text"

    def of_missing(self, usual: frozenset[str] = MISSING) -> frozenset[str]:
        """Return the spellings of a missing value."""
        return frozenset(self.missing) | (usual if "auto" in self.missing else set())

    def check(self) -> None:
        """Raise `TypeError` or `ValueError` unless columns can be read by it."""
        if len(self.missing) > MAX_SPELLINGS:
            raise ValueError(f"missing has more than {MAX_SPELLINGS} spellings")
        if not all(isinstance(text, str) for text in self.missing):
            raise TypeError("a spelling of a missing value is not text")
        if self.decimal not in ("auto", ".", ","):
            raise ValueError(f"decimal is {self.decimal!r}")
        if not isinstance(self.date_format, str):
            raise TypeError(f"date_format is {self.date_format!r}")
        if self.date_format not in ("auto", "iso"):
            check_date_format(self.date_format)
        if self.unit != "" and not UNIT.fullmatch(self.unit):
            raise ValueError(f"unit is {self.unit!r}")
        if self.comparison not in ("text", "number", "boolean"):
            raise ValueError(f"comparison is {self.comparison!r}")


def check_date_format(date_format: str) -> None:
    """Raise `ValueError` unless `datetime.strptime` takes a format."""
    try:
        text = datetime(2026, 11, 26, 9, 8, 7).strftime(date_format)
        datetime.strptime(text, date_format)
    except (ValueError, re.error) as fault:
        raise ValueError(f"date_format is {date_format!r}: {fault}") from fault
