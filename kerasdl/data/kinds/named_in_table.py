"""Base class of kinds whose examples stand in a folder, or are named in a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from kerasdl import registry
from kerasdl.data.kinds.column_split import ColumnSplitKind
from kerasdl.data.source import check_file_exists
from kerasdl.data.table import files
from kerasdl.data.table.infer import ColumnType
from kerasdl.data.table.spelling import Spelling
from kerasdl.data.table.suggested_task import suggested_task
from kerasdl.data.table.table import Table
from kerasdl.data.table.target_faults import target_faults
from kerasdl.data.table.targets import read_targets
from kerasdl.data.target_error import TargetError
from kerasdl.errors import ConfigError, DataError


@dataclass(frozen=True)
class NamedInTableKind(ColumnSplitKind):
    """A kind with a folder of files, or a table that names them and their targets."""

    path: str = ""
    """Column of a table that holds the path of each file, relative to the folder of the
    table."""

    SUFFIXES: ClassVar = dict.fromkeys(
        files.SUFFIXES,
        ("classification", "regression", "reconstruction", "multi-label"),
    )

    @classmethod
    def claims(cls, name: str) -> bool:
        """Return whether the name is that of a folder or of a table."""
        try:
            return bool(name) and (Path(name).is_dir() or super().claims(name))
        except (OSError, ValueError):
            return False

    @property
    def file(self) -> Path | None:
        """Path of the folder or of the table."""
        return Path(self.name) if self.name else None

    @property
    def is_table(self) -> bool:
        """Whether the name is that of a table."""
        return super().file is not None and not Path(self.name).is_dir()

    @property
    def spelling(self) -> Spelling:
        """How targets are spelled."""
        return Spelling()

    @property
    def given_types(self) -> dict[str, ColumnType]:
        """Nothing: all types are inferred."""
        return {}

    def check_source(self) -> None:
        """Check that the folder, or the table and its target, exist."""
        if not self.name or self.is_table:
            super().check_source()
            files.check_reader(Path(self.name))
            self.check_target(self.name)
        elif not self.claims(self.name):
            what = f"no folder at {self.name}"
            raise DataError(what, f"give the path of {self.FOLDER}")

    def table(self, only: Sequence[str] = ()) -> Table:
        """Return the table, or some of its columns.

        Raises:
            DataError: If it cannot be read, or has no such column.
        """
        return files.read_file(Path(self.name), "auto", "auto", only)

    def targets_of(self, table: Table) -> np.ndarray | None:
        """Return the raw targets in a table; None if the task needs none."""
        if self.origin != "given":
            return None
        has_classes = registry.find("tasks", self.task).has_classes
        return read_targets(table, self.target_names, self.spelling, has_classes)

    def default_presets(self, preview: Any) -> list[tuple[str, str]]:
        """Return the presets for a folder or a table."""
        what = f"a table of {self.kind}" if self.is_table else self.FOLDER
        return [(name, f"the default for {what}") for name in self.PRESETS]

    def preview(self) -> Table | None:
        """Return the columns to predict, if a table names them."""
        if not (self.is_table and self.target_names and self.origin == "given"):
            return None
        check_file_exists(Path(self.name))
        return self.table(self.target_names)

    def infer_task(
        self, stated: str | None, preview: Table | None
    ) -> tuple[str, str] | None:
        """Return the task that the targets of a table suggest.

        Raises:
            DataError: If they hold dates or free text, or do not go together.
        """
        if preview is None:
            return None
        return suggested_task(preview, self.target_names, self.spelling, {}, stated)

    def locate(self, raw: Any, fault: TargetError) -> DataError:
        """Return an error with the name of the target and lines, if there is a table."""
        if raw.table is None:
            return fault
        name = self.target_names[fault.column or 0]
        return fault.at(f"the target {name!r}", raw.table.place)

    def faults(self) -> list[ConfigError]:
        """Return errors, also of the keys that name columns."""
        faults = super().faults()
        if not self.name:
            return faults
        others: dict[str, tuple[str, ...]] = {
            key: (getattr(self, key),) for key in (*self.ROLES, "path")
        }
        if self.is_table:
            faults += target_faults(self.target_names, others, self.task)
            if not self.path:
                what = f"data.path is empty, and {self.name} is a table"
                faults.append(ConfigError(what, "name the column of paths"))
            return faults
        for key, names in {**others, "target": self.target_names}.items():
            if any(names):
                what = f"data.{key} (={', '.join(names)!r}) has no meaning for a folder"
                hint = "remove it, or give a table that names the files"
                faults.append(ConfigError(what, hint))
        return faults
