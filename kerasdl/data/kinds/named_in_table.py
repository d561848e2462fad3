"""Base class of kinds whose examples stand in a folder, or are named in a table."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kerasdl.data.kinds.column_split import ColumnSplitKind
from kerasdl.data.kinds.without_meaning import without_meaning
from kerasdl.data.source import is_folder
from kerasdl.data.table import files
from kerasdl.data.table.target_faults import target_faults
from kerasdl.errors import ConfigError, DataError


@dataclass(frozen=True)
class NamedInTableKind(ColumnSplitKind):
    """A kind with a folder of files, or a table that names them and their targets."""

    path: str = ""
    """Column of a table that holds the path of each file, relative to the folder of the
    table."""

    @classmethod
    def claims(cls, name: str) -> bool:
        """Return whether the name is that of a folder or of a table."""
        return bool(name) and (is_folder(name) or super().claims(name))

    @property
    def file(self) -> Path | None:
        """Path of the folder or of the table."""
        return Path(self.name) if self.name else None

    @property
    def is_table(self) -> bool:
        """Whether the name is that of a table."""
        return super().is_table and not is_folder(self.name)

    @property
    def names_targets(self) -> bool:
        """Whether columns name what to predict; in a folder, folders do."""
        return self.is_table

    def check_source(self) -> None:
        """Check that the folder, or the table and its target, exist."""
        if not self.name or self.is_table:
            super().check_source()
            files.check_reader(Path(self.name))
            self.check_target(self.name)
        elif not self.claims(self.name):
            what = f"no folder at {self.name}"
            raise DataError(what, f"give the path of {self.FOLDER}")
        else:
            self.check_test_source()

    def default_presets(self, preview: Any) -> list[tuple[str, str]]:
        """Return the presets for a folder or a table."""
        what = f"a table of {self.kind}" if self.is_table else self.FOLDER
        return [(name, f"the default for {what}") for name in self.PRESETS]

    def faults(self) -> list[ConfigError]:
        """Return errors, also of the keys that name columns."""
        faults = super().faults()
        if not self.name:
            return faults
        if not self.is_table:
            keys = "target", "path", *self.ROLES, *self.READING
            hint = "remove it, or give a table that names the files"
            return [*faults, *without_meaning(self, keys, "a folder", hint)]
        if not self.path:
            what = f"data.path is empty, and {self.name} is a table"
            faults.append(ConfigError(what, "name the column of paths"))
        others = {key: (getattr(self, key),) for key in ("path", *self.ROLES)}
        return [*faults, *target_faults(self.target_names, others, self.task)]
