"""Axes of charts: round ticks, and numbers as places."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

TICKS = 5
"""Labels of an axis, about."""
DECADES = 2.0
"""An axis of positive numbers over more decades is logarithmic, where that is allowed."""
SMALLEST, LARGEST = 1e-300, 1e300
"""Sizes that are drawn; smaller numbers stand at 0, larger ones at the end of the axis.
Between them, no range and no step overflows."""


@dataclass(frozen=True)
class Scale:
    """An axis, from a range of numbers to a range of places.

    Args:
        low: The least number.
        high: The greatest number, above `low`.
        begin: The place of `low`.
        end: The place of `high`.
        log: Whether it is logarithmic; `low` is then positive.
        whole: Whether ticks are whole numbers.
    """

    low: float
    high: float
    begin: float
    end: float
    log: bool = False
    whole: bool = False

    def place(self, number: float) -> float:
        """Return the place of a number, to a tenth."""
        low, high, number = self.low, self.high, _clamped(number)
        if self.log:
            low, high, number = map(math.log10, (low, high, max(number, low)))
        share = (number - low) / (high - low)
        return round(self.begin + share * (self.end - self.begin), 1)

    def ticks(self) -> list[float]:
        """Return round numbers on the axis, ascending."""
        if self.log:
            first = math.ceil(math.log10(self.low) - 1e-9)
            last = math.floor(math.log10(self.high) + 1e-9)
            every = max(1, math.ceil((last - first) / TICKS))
            return [10.0**power for power in range(first, last + 1, every)]
        step = _round_step((self.high - self.low) / TICKS)
        step = max(step, 1.0) if self.whole else step
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [number * step for number in range(first, last + 1)]


def scale(
    numbers: Sequence[float], begin: float, end: float, may_be_log: bool = False
) -> Scale:
    """Return an axis that holds all numbers up to `LARGEST`.

    Args:
        numbers: Finite numbers, not empty.
        begin: The place of the least.
        end: The place of the greatest.
        may_be_log: Whether the axis may be logarithmic.
    """
    low, high = _clamped(min(numbers)), _clamped(max(numbers))
    if may_be_log and low > 0 and math.log10(high) - math.log10(low) > DECADES:
        return Scale(low, high, begin, end, log=True)
    if high - low <= 1e-12 * max(abs(low), abs(high)):
        margin = abs(low) / 2 or 0.5
        low, high = low - margin, high + margin
    return Scale(low, high, begin, end, whole=all(type(n) is int for n in numbers))


def _clamped(number: float) -> float:
    """Return the nearest number that is drawn."""
    if abs(number) < SMALLEST:
        return 0.0
    return float(max(-LARGEST, min(number, LARGEST)))


def _round_step(step: float) -> float:
    """Return the least of 1, 2 and 5 times a power of ten that is not below a step."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= step * (1 - 1e-9))


def tick_of(number: float) -> str:
    """Return the label of a tick: large numbers in thousands, millions or billions."""
    for power, letter in ((9, "G"), (6, "M"), (3, "k")):
        if 10 ** (power + (power == 3)) <= abs(number) < 1e15:
            return f"{number / 10**power:g}{letter}"
    return f"{number:.4g}"


def text_of(number: float | str | None) -> str:
    """Return a number for people: four digits, and commas in large counts."""
    if number is None:
        return ""
    if isinstance(number, str):
        return number
    if isinstance(number, int) or (abs(number) < 1e15 and number == int(number)):
        return f"{int(number):,}"
    return f"{number:.4g}"
