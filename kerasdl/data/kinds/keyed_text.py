"""Base class of texts whose parts have names: rows of a table, lines of JSON."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from kerasdl import registry
from kerasdl.data.json_lines import Form, load_jsonl
from kerasdl.data.kinds.column_split import ColumnSplitKind
from kerasdl.data.source import check_file_exists
from kerasdl.data.table.spelling import Spelling
from kerasdl.data.table.table import Table
from kerasdl.data.text_table import read_pairs, read_texts
from kerasdl.data.text_task import MAX_CLASSES, suggested_of_lines
from kerasdl.data.texts import Texts

JSONL = ".jsonl"


@dataclass(frozen=True)
class KeyedTextKind(ColumnSplitKind):
    """Texts that may stand in a table or in lines of JSON, with what to predict."""

    text: str = "text"
    """Column of the texts, or their key in a line of a `.jsonl` file. Setting it makes a
    table one of texts."""
    target: str | tuple[str, ...] = "label"
    """Column or key of the class, the number or the list of labels of each text, or a
    list of several."""

    MAX_CLASSES: ClassVar = MAX_CLASSES

    @property
    def is_keyed(self) -> bool:
        """Whether keys name the texts and what to predict."""
        return self.is_table or self.name.lower().endswith(JSONL)

    @property
    def names_targets(self) -> bool:
        """Whether keys name what to predict."""
        return self.is_keyed and self.needs_targets

    @property
    def target_names(self) -> tuple[str, ...]:
        """Names of the columns or keys to predict."""
        return super().target_names if self.is_keyed else ()

    @property
    def spelling(self) -> Spelling:
        """How values are spelled; in JSON, only `null` is missing."""
        if self.is_table:
            return super().spelling
        return Spelling(missing=(), date_format=self.date_format)

    @property
    def form(self) -> Form:
        """What the targets of the task are in a `.jsonl` file."""
        task = registry.find("tasks", self.task)
        if not task.has_classes:
            return "number"
        if not task.several_targets:
            return "class"
        return "names" if len(self.target_names) == 1 else "value"

    @property
    def previewed(self) -> tuple[str, ...]:
        """The texts and the targets."""
        return self.text, *self.target_names

    @property
    def columns_of_roles(self) -> tuple[str, ...]:
        """Names of the columns that decide the split or weigh rows."""
        return tuple(filter(None, (getattr(self, role) for role in self.ROLES)))

    def from_table(self, table: Table, inputs_only: bool = False) -> Texts:
        """Return the texts of a table, which may lack the targets of inputs alone."""
        has_targets = self.needs_targets and not inputs_only
        targets = self.target_names if has_targets else ()
        if self.origin == "pairs":
            return read_pairs(table, self.text, targets)
        has_classes = registry.find("tasks", self.task).has_classes
        return read_texts(table, self.text, targets, self.spelling, has_classes)

    def from_lines(self, has_targets: bool, form: Form) -> Texts:
        """Return the texts of a `.jsonl` file."""
        targets = self.target_names if has_targets else ()
        roles = self.columns_of_roles if has_targets else ()
        return load_jsonl(Path(self.name), self.text, targets, form, roles)

    def preview(self) -> Texts | Table | None:
        """Return what to predict, in a table or with its texts.

        Raises:
            DataError: If the file cannot be read, or lacks a target.
        """
        if self.is_table or not self.is_keyed or self.origin != "given":
            return super().preview()
        check_file_exists(Path(self.name))
        return self.from_lines(True, "any")

    def infer_task(
        self, stated: str | None, preview: Texts | Table | None
    ) -> tuple[str, str] | None:
        """Return the task that the targets suggest.

        Raises:
            DataError: If they fit no task.
        """
        if stated and registry.find("tasks", stated).origin == "pairs":
            return None
        if isinstance(preview, Texts):
            return suggested_of_lines(preview, self.target_names, stated)
        return super().infer_task(stated, preview)
