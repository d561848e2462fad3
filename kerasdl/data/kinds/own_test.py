"""Base class of kinds whose test examples may stand in a file of their own."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from kerasdl.data.kinds.kind import Kind
from kerasdl.errors import DataError


def sources(raw: Any) -> list[Any]:
    """Return raw data, and the test examples of a file of their own if there are any."""
    return [raw] if raw.test is None else [raw, raw.test]


@dataclass(frozen=True)
class OwnTestKind(Kind):
    """A kind whose test examples may stand in a file or a folder of their own."""

    test_name: str = ""
    """Path of the test examples; empty holds out `test_fraction`."""

    @property
    def own_files(self) -> list[Path]:
        """Paths of the data and of the test examples."""
        test = [Path(self.test_name)] if self.test_name else []
        return [*super().own_files, *test]

    def with_name(self, name: str) -> Self:
        """Return the config for other data; it has no test examples of its own."""
        return replace(self, name=name, test_name="")

    @property
    def of_test(self) -> Self:
        """The config that reads the test examples."""
        return self.with_name(self.test_name)

    def moved(self, name: str | None, test_name: str | None) -> Self:
        """Return the config for the same data at other paths."""
        names = name or self.name, test_name or self.test_name
        return replace(self, name=names[0], test_name=names[1])

    def with_absolute_paths(self) -> Self:
        """Return the config with the absolute paths of both."""
        test = str(Path(self.test_name).resolve()) if self.test_name else ""
        return replace(super().with_absolute_paths(), test_name=test)

    @property
    def names_targets(self) -> bool:
        """Whether columns or keys name what to predict, not folders."""
        return True

    def check_source(self) -> None:
        """Check both paths, before loading anything heavy."""
        super().check_source()
        self.check_test_source()

    def check_test_source(self) -> None:
        """Check the path of the test examples, if they have one.

        Raises:
            DataError: If there is none, or if it needs keys that the data do not.
        """
        if not self.test_name:
            return
        if self.of_test.names_targets != self.names_targets:
            one, other = self.test_name, self.name
            one, other = (other, one) if self.names_targets else (one, other)
            what = f"{one} needs a column to predict, {other} takes none"
            raise DataError(what, "give data and test data of the same sort")
        self.of_test.check_source()

    def with_test(self, raw: Any) -> Any:
        """Return raw data with the test examples that have a file of their own."""
        return replace(raw, test=self.of_test.read()) if self.test_name else raw
