"""How much each of several things matters."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Importances:
    """A number with an interval for each name, as bars from zero.

    Args:
        title: What it shows.
        label: What the numbers are.
        names: The name of each bar.
        values: The number of each bar.
        lows: The lower end of the interval of each.
        highs: The upper end of the interval of each.
        note: A sentence below.
    """

    figure: ClassVar[str] = "importances"
    title: str
    label: str
    names: list[str]
    values: list[float]
    lows: list[float]
    highs: list[float]
    note: str = ""

    def check(self) -> None:
        """Raise `ValueError` unless each name has a number within its interval."""
        sizes = {*map(len, (self.names, self.values, self.lows, self.highs))}
        if len(sizes) > 1:
            raise ValueError(f"a bar of {self.title!r} lacks values")
        for low, value, high in zip(self.lows, self.values, self.highs, strict=True):
            if not low <= value <= high:
                raise ValueError(f"an interval of {self.title!r} lacks its number")
