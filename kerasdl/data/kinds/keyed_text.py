"""Base class of texts whose parts have names: rows of a table, lines of JSON."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np

from kerasdl import registry
from kerasdl.data.json_lines import Form, load_jsonl
from kerasdl.data.kinds.kind import Kind
from kerasdl.data.preprocessing import Part
from kerasdl.data.table import files
from kerasdl.data.table.table import Table
from kerasdl.data.table.tsv import write_tsv
from kerasdl.data.table.typed_columns import python_values
from kerasdl.data.target_error import TargetError
from kerasdl.data.text_table import texts_of
from kerasdl.data.text_task import suggested_of_lines, suggested_of_table
from kerasdl.data.texts import Texts
from kerasdl.errors import DataError

JSONL = ".jsonl"


@dataclass(frozen=True)
class KeyedTextKind(Kind):
    """Texts that may stand in a table or in lines of JSON, with what to predict."""

    text: str = "text"
    """Column of the texts, or their key in a line of a `.jsonl` file. Setting it makes a
    table one of texts."""
    target: str | tuple[str, ...] = "label"
    """Column or key of the class, the number or the list of labels of each text, or a
    list of several."""
    delimiter: str = "auto"
    """Character between two values of a CSV or TSV file; `auto` recognises it."""
    encoding: str = "auto"
    """Encoding of a CSV or TSV file, such as `latin-1`; `auto` recognises it."""

    @property
    def is_table(self) -> bool:
        """Whether texts stand in a table; a data frame has no name."""
        return not self.name or self.name.lower().endswith(files.SUFFIXES)

    @property
    def is_keyed(self) -> bool:
        """Whether keys name the texts and what to predict."""
        return self.is_table or self.name.lower().endswith(JSONL)

    @property
    def target_names(self) -> tuple[str, ...]:
        """Names of the columns or keys to predict."""
        names = (self.target,) if isinstance(self.target, str) else self.target
        return names if self.is_keyed else ()

    @property
    def form(self) -> Form:
        """What the targets of the task are in a `.jsonl` file."""
        task = registry.find("tasks", self.task)
        if not task.has_classes:
            return "number"
        if not task.several_targets:
            return "class"
        return "names" if len(self.target_names) == 1 else "value"

    def read_table(self, only: tuple[str, ...] = ()) -> Table:
        """Return the table, or some of its columns."""
        return files.read_file(Path(self.name), self.delimiter, self.encoding, only)

    def from_table(self, table: Table, inputs_only: bool = False) -> Texts:
        """Return the texts of a table, which may lack the targets of inputs alone."""
        has_targets = self.origin == "given" and not inputs_only
        has_classes = registry.find("tasks", self.task).has_classes
        targets = self.target_names if has_targets else ()
        return texts_of(table, self.text, targets, has_classes)

    def write(self, raw: Texts, folder: Path) -> Self:
        """Write a table of texts, and return the config that reads it."""
        assert raw.table is not None
        write_tsv(raw.table, path := folder / "data.tsv")
        return replace(self, name=str(path))

    def describe(self, part: Part) -> dict[str, np.ndarray]:
        """Return the columns of a table, or the texts of lines."""
        if part.raw.table is None:
            return super().describe(part)
        columns = part.raw.table.take(part.rows).columns
        return {name: python_values(column) for name, column in columns.items()}

    def locate(self, raw: Texts, fault: TargetError) -> DataError:
        """Return an error with the name of the target, and with lines."""
        if raw.table is None or raw.source != fault.source:
            return fault
        name = self.target_names[fault.column or 0]
        return fault.at(f"the target {name!r}", raw.table.place)

    def preview(self) -> Texts | Table | None:
        """Return what to predict, in a table or with its texts.

        Raises:
            DataError: If the file cannot be read, or lacks a target.
        """
        if self.origin != "given" or self.file is None or not self.is_keyed:
            return None
        super().check_source()
        if self.is_table:
            return self.read_table((self.text, *self.target_names))
        return load_jsonl(self.file, self.text, self.target_names, "any")

    def infer_task(
        self, stated: str | None, preview: Texts | Table | None
    ) -> tuple[str, str] | None:
        """Return the task that the targets suggest.

        Raises:
            DataError: If they fit no task.
        """
        if preview is None or self.origin != "given":
            return None
        if isinstance(preview, Table):
            return suggested_of_table(preview, self.target_names, stated)
        return suggested_of_lines(preview, self.target_names, stated)
