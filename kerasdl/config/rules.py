"""Rules for the values of a config."""

from collections.abc import Mapping, Sized
from dataclasses import dataclass, fields
from typing import Annotated, Any

from kerasdl import registry


@dataclass(frozen=True)
class Range:
    """The values a number may take.

    Args:
        low: Smallest value.
        high: Largest value.
        open_low: Whether `low` itself is excluded.
        open_high: Whether `high` itself is excluded.
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
        return f"must satisfy {self.words()}"

    def words(self) -> str:
        """Describe the range."""
        low_sign = "<" if self.open_low else "≤"
        high_sign = "<" if self.open_high else "≤"
        return f"{self.low} {low_sign} value {high_sign} {self.high}"


@dataclass(frozen=True)
class NotEmpty:
    """A list or a table that must hold at least one item."""

    def complaint(self, value: Sized) -> str | None:
        """Return the rule that `value` breaks, or None."""
        return None if len(value) else "must not be empty"

    def words(self) -> str:
        """Describe the rule."""
        return "not empty"


@dataclass(frozen=True)
class Named:
    """Text that names something in a registry.

    Args:
        registry: A key of `kerasdl.registry.REGISTRIES`.
    """

    registry: str

    def complaint(self, value: str) -> str | None:
        """Return the rule that `value` breaks, or None."""
        if value in (names := registry.names(self.registry)):
            return None
        return f"must be {' or '.join(map(repr, names))}"

    def words(self) -> str:
        """Describe the allowed names."""
        return " or ".join(map(repr, registry.names(self.registry)))


@dataclass(frozen=True)
class InsteadOf:
    """A key that sets the same as another one in another unit; one of them may be set.

    A value equal to the key's default counts as not set.

    Args:
        key: The other key, of the same table.
    """

    key: str

    def complaint(self, value: Any) -> str | None:
        """Return None: no value breaks the rule alone."""
        return None

    def words(self) -> str:
        """Describe the rule."""
        return f"instead of {self.key}"


@dataclass(frozen=True)
class Choice:
    """A table whose keys depend on one of them, a name in a registry.

    Args:
        registry: A key of `kerasdl.registry.REGISTRIES`.
        key: The key that holds the name.
        default: The name if the key is missing.
        inferred: Whether a missing key is inferred from `name`: of the choices that
            `claims` it, the first that has all keys, or lacks the fewest of them.
    """

    registry: str
    default: str
    key: str = "name"
    inferred: bool = False

    def of(self, values: Mapping[str, Any]) -> str:
        """Return the choice that the values of a table make; it may be unknown."""
        if self.key in values:
            return str(values[self.key])
        if self.inferred and isinstance(name := values.get("name"), str):
            lacking: dict[str, int] = {}
            for choice in registry.names(self.registry):
                table = registry.find(self.registry, choice)
                if table.claims(name):
                    lacking[choice] = len(
                        values.keys() - {f.name for f in fields(table)}
                    )
                    if not lacking[choice]:
                        break
            if lacking:
                return min(lacking, key=lacking.__getitem__)
        return self.default

    def make(self) -> Any:
        """Return the default choice, with the defaults of its keys."""
        return registry.find(self.registry, self.default)()


Fraction = Annotated[float, Range(0, 1, open_high=True)]
Width = Annotated[int, Range(1, 65_536)]
Widths = Annotated[tuple[Width, ...], NotEmpty()]
Count = Annotated[int, Range(1, 10_000)]
Epsilon = Annotated[float, Range(0, 1, open_low=True)]
ClassWeight = Annotated[float, Range(0, 1_000_000, open_low=True)]
ClassWeights = Annotated[dict[str, ClassWeight], NotEmpty()]
