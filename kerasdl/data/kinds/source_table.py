"""The source of data: what is in `[data]` whatever the kind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from kerasdl import registry
from kerasdl.config.rules import Fraction, Named, Range
from kerasdl.data.source import check_file_exists, unknown_source
from kerasdl.data.targets import IN_THE_DATA, Origin
from kerasdl.errors import ConfigError, DataError


@dataclass(frozen=True)
class SourceTable:
    """The keys of `[data]` that every kind has, and what a kind claims."""

    kind: str
    """Kind of the examples; inferred from `name` by default."""
    name: str = "digits"
    """A built-in set, a `keras.datasets` name, or the path of a file or folder; empty in
    a recipe for your own data."""
    task: Annotated[str, Named("tasks")] = "classification"
    """Prediction target: a class, labels, numbers, the next token of a text or hidden
    ones, or the input. An `embedding` has none."""
    num_classes: Literal["auto"] | Annotated[int, Range(2, 1_000_000)] = "auto"
    """Number of classes; `auto` counts those in the data."""
    validation_fraction: Fraction = 0.15
    """Fraction of the training examples held out to select the best epoch."""
    test_fraction: Annotated[float, Range(0, 1, open_low=True, open_high=True)] = 0.2
    """Fraction of all examples held out for the final score, unless the data has its
    own test set."""
    split_seed: Literal["auto"] | Annotated[int, Range(0, 2**31 - 1)] = "auto"
    """Seed that selects the held-out examples; `auto` is `training.seed`."""

    SETS: ClassVar[dict[str, Sequence[str]]] = {}
    """Built-in sets, each with the tasks it supports."""
    SUFFIXES: ClassVar[dict[str, Sequence[str]]] = {}
    """File suffixes, each with the tasks it supports."""
    FOLDER: ClassVar[str] = ""
    """What a folder of this kind is, for messages; empty if it takes none."""
    ORIGINS: ClassVar[tuple[Origin, ...]] = ("given",)
    """Sources of targets that the data have."""
    PRESETS: ClassVar[tuple[str, ...]] = ()
    """Presets for a file of this kind where the user names none, the best first."""
    INPUTS: ClassVar[Literal["numbers", "tokens"]] = "numbers"
    """Whether inputs are numbers or token ids."""
    ROWS: ClassVar[bool] = False
    """Whether every input is a row of numbers, so that no image model takes it."""

    @classmethod
    def claims(cls, name: str) -> bool:
        """Return whether a source is of this kind, judged by its name alone."""
        return name in cls.SETS or name.lower().endswith(tuple(cls.SUFFIXES))

    @classmethod
    def tasks_of(cls, name: str) -> Sequence[str]:
        """Return the tasks that a set or a file supports, by its name; empty for any."""
        suffixes = [each for each in cls.SUFFIXES if name.lower().endswith(each)]
        return cls.SETS.get(name) or (cls.SUFFIXES[suffixes[0]] if suffixes else ())

    @classmethod
    def suits(cls, values: Mapping[str, Any]) -> bool:
        """Return whether the source of a `[data]` table is for its task, if it has one."""
        tasks, stated = cls.tasks_of(str(values.get("name", ""))), values.get("task")
        if not tasks or stated not in registry.names("tasks"):
            return True
        return registry.find("tasks", str(stated)).takes_data_of in tasks

    @property
    def file(self) -> Path | None:
        """Path of the user's file, or None for a built-in set."""
        is_file = self.name.lower().endswith(tuple(self.SUFFIXES))
        return Path(self.name) if is_file else None

    @property
    def target_names(self) -> tuple[str, ...]:
        """Names of the targets of an example; empty if they have none."""
        return ()

    @property
    def own_files(self) -> list[Path]:
        """Paths of all the user's files."""
        return [self.file] if self.file else []

    def with_name(self, name: str) -> Self:
        """Return the config for other data that is read alike."""
        return replace(self, name=name)

    def moved(self, name: str | None, test_name: str | None) -> Self:
        """Return the config for the same data at other paths.

        Args:
            name: New path of the file; None if it did not move.
            test_name: New path of the test data; None if they did not move.
        """
        return replace(self, name=name) if name else self

    def with_absolute_paths(self) -> Self:
        """Return the config with the absolute paths of the user's own files."""
        return replace(self, name=str(self.file.resolve())) if self.file else self

    def check_source(self) -> None:
        """Check the source by its name, before loading anything heavy.

        Raises:
            DataError: If the set or file does not exist or is for another task.
        """
        if not self.name:
            what = "this preset has no data of its own"
            raise DataError(what, "name yours with --data")
        if self.file:
            check_file_exists(self.file)
            tasks = self.tasks_of(self.name)
            what = f"{self.name} is for {' or '.join(tasks)}"
        elif self.name in self.SETS:
            tasks = self.tasks_of(self.name)
            what = f"{self.name} is a {tasks[0]} set"
        else:
            raise DataError(*unknown_source(self.name, self.kind))
        if not self.suits({"name": self.name, "task": self.task}):
            other = "another" if self.file else f"a {tasks[0]}"
            hint = f"use {other} preset, or other data"
            raise DataError(f"{what}, data.task is {self.task!r}", hint)

    @property
    def origin(self) -> Origin:
        """Source of the task's targets."""
        return registry.find("tasks", self.task).origin

    @property
    def needs_targets(self) -> bool:
        """Whether the data hold the task's targets."""
        return self.origin in IN_THE_DATA

    def faults(self) -> list[ConfigError]:
        """Return errors for keys that have no meaning in the task."""
        if self.origin in self.ORIGINS:
            return []
        what = f"data.task (={self.task!r}) needs targets that data.kind"
        what = f"{what} {self.kind!r} does not have"
        return [ConfigError(what, "use a preset for such data, or other data")]
