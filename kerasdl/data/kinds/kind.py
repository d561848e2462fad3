"""Base class of a kind of data."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np

from kerasdl import registry
from kerasdl.config.rules import Fraction, Named, Range
from kerasdl.data.examples import Examples
from kerasdl.data.parts import Parts
from kerasdl.data.preprocessing import Part, Preprocessing
from kerasdl.data.source import check_file_exists, unknown_source
from kerasdl.data.target_error import TargetError
from kerasdl.data.targets import Origin
from kerasdl.errors import ConfigError, DataError
from kerasdl.finding import Finding


@dataclass(frozen=True)
class Kind(ABC):
    """Table `[data]`: the source of the examples and how to split them."""

    kind: str
    """Kind of the examples; inferred from `name` by default."""
    name: str = "digits"
    """A built-in set, a `keras.datasets` name, or the path of a file or folder; empty in
    a recipe for your own data."""
    task: Annotated[str, Named("tasks")] = "classification"
    """Prediction target: a class, labels, numbers, the next token of a text, or the
    input."""
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

    def preview(self) -> Any:
        """Return the columns from which preset and task are chosen; None for none.

        Raises:
            DataError: If the data cannot be read.
        """
        return None

    def default_presets(self, preview: Any) -> list[tuple[str, str]]:
        """Return presets for data where the user names none, and why, the best first.

        Args:
            preview: What `preview` returns, or a data frame, as a `Table`.
        """
        return [
            (name, f"the default for {self.FOLDER or f'a {self.kind}'}")
            for name in self.PRESETS
        ]

    def infer_task(self, stated: str | None, preview: Any) -> tuple[str, str] | None:
        """Return the task that the data suggest, and why; None if they suggest none.

        Args:
            stated: The task of the preset, which is kept if the data allow it; None if
                it states none.
            preview: What `preview` returns, or a data frame, as a `Table`.

        Raises:
            DataError: If the targets fit no task.
        """
        return None

    @property
    def origin(self) -> Origin:
        """Source of the task's targets."""
        return registry.find("tasks", self.task).origin

    @abstractmethod
    def read(self) -> Any:
        """Read the data of `name` and return it as a `Raw`.

        Raises:
            DataError: If the data cannot be read; the message locates the error.
            UnsafeError: If a file could run code or claims more data than it holds.
        """

    def read_inputs(self) -> Any:
        """Read the data of `name`, which may lack targets, for predictions."""
        return self.read()

    def from_table(self, table: Any, inputs_only: bool = False) -> Any:
        """Return a data frame as raw data.

        Args:
            table: The frame, as a `Table`.
            inputs_only: Whether it may lack targets.

        Raises:
            DataError: If the kind does not take data frames, or the targets are wrong.
        """
        what = f"{table.source} is a data frame, data.kind is {self.kind!r}"
        raise DataError(what, "use a preset for tables, or other data")

    def with_types_of(self, table: Any) -> Self:
        """Return the config with the types of columns that a data frame declares."""
        return self

    def write(self, raw: Any, folder: Path) -> Self:
        """Write data from memory to a run directory, and return the config that reads it.

        Raises:
            StorageError: If it cannot be written.
        """
        raise NotImplementedError

    @property
    def weighs_rows(self) -> bool:
        """Whether a key gives rows weights."""
        return False

    def weights(self, train: Part) -> np.ndarray | None:
        """Return the weight of each training example; None if the data give none.

        Raises:
            DataError: If a weight is not a finite number from 0, or all are 0.
        """
        return None

    def findings(self, raw: Any, parts: Parts) -> list[Finding]:
        """Return what the user should know about data that passed `check`.

        Args:
            raw: The data.
            parts: Its training, validation and test examples.
        """
        return []

    def columns(self, raw: Any) -> list[dict[str, Any]]:
        """Return parts that describe each column, if the data have named columns."""
        return []

    def describe(self, part: Part) -> dict[str, np.ndarray]:
        """Return columns that tell examples apart, beside their predictions."""
        return {"row": part.rows}

    def locate(self, raw: Any, fault: TargetError) -> DataError:
        """Return an error in targets with the places that the user knows."""
        return fault

    @abstractmethod
    def check(self, raw: Any) -> None:
        """Raise `DataError` unless inputs are valid and match the targets in number."""

    def check_new(
        self, raw: Any, preprocessing: Preprocessing, inputs_only: bool = False
    ) -> None:
        """Raise `DataError` unless data that were not trained on are valid.

        Args:
            raw: The data.
            preprocessing: What was fitted on the training examples.
            inputs_only: Whether the targets may be absent.
        """
        if not inputs_only:
            self.check(raw)

    @abstractmethod
    def parts(self, raw: Any, stratify: bool, seed: int) -> Parts:
        """Split the data into training, validation and test examples.

        Args:
            raw: The data.
            stratify: Whether each part keeps the proportions of the targets.
            seed: Seed of the random split.

        Raises:
            DataError: If there are too few examples.
        """

    @abstractmethod
    def fit(self, train: Part) -> Preprocessing:
        """Fit the input preprocessing on the training examples and return it.

        Raises:
            DataError: If nothing can be learned from the inputs.
        """

    def refit(self, train: Part, former: dict[str, Any]) -> Preprocessing:
        """Fit the input preprocessing of a run that resumes.

        Args:
            train: The training examples.
            former: What its preprocessing returned as JSON, for what comes from a file
                that may be missing by now.

        Raises:
            DataError: As `fit`.
            KeyError, TypeError, ValueError: If `former` is damaged.
        """
        return self.fit(train)

    def training_examples(self, examples: Examples, seed: int) -> Examples:
        """Return the training examples as they are met in training.

        Args:
            examples: The encoded examples.
            seed: The seed of the run.
        """
        return examples

    @abstractmethod
    def new(self, raw: Any) -> Part:
        """Return the examples to score from data that was not trained on."""

    @classmethod
    @abstractmethod
    def preprocessing_from_json(cls, values: dict[str, Any]) -> Preprocessing:
        """Return the preprocessing that `Preprocessing.to_json` describes.

        Raises:
            KeyError, TypeError, ValueError: If the values are damaged.
        """

    def faults(self) -> list[ConfigError]:
        """Return errors for keys that have no meaning in the task."""
        if self.origin in self.ORIGINS:
            return []
        what = f"data.task (={self.task!r}) needs targets that data.kind"
        what = f"{what} {self.kind!r} does not have"
        return [ConfigError(what, "use a preset for such data, or other data")]
