"""What a value of a config may be."""

from collections.abc import Sized
from dataclasses import dataclass
from typing import Annotated, Any


@dataclass(frozen=True)
class Range:
    """The values a number may take.

    Args:
        low: Smallest value.
        high: Largest value.
        open_low: Whether `low` itself is left out.
        open_high: Whether `high` itself is left out.
    """

    low: float
    high: float
    open_low: bool = False
    open_high: bool = False

    def complaint(self, value: Any) -> str | None:
        """Return the rule that `value` breaks, or None."""
        above = value > self.low if self.open_low else value >= self.low
        below = value < self.high if self.open_high else value <= self.high
        if above and below:
            return None
        low_sign = "<" if self.open_low else "≤"
        high_sign = "<" if self.open_high else "≤"
        return f"must satisfy {self.low} {low_sign} value {high_sign} {self.high}"


@dataclass(frozen=True)
class NotEmpty:
    """A list that must hold at least one item."""

    def complaint(self, value: Sized) -> str | None:
        """Return the rule that `value` breaks, or None."""
        return None if len(value) else "must not be empty"


Fraction = Annotated[float, Range(0, 1, open_high=True)]
Width = Annotated[int, Range(1, 65_536)]
