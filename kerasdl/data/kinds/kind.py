"""What a kind of data is."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Protocol

import numpy as np

from kerasdl import registry
from kerasdl.config.rules import Fraction, Named, Range
from kerasdl.config.suggestion import suggestion
from kerasdl.data.examples import Examples
from kerasdl.data.signature import Signature
from kerasdl.data.targets import Origin, Targets
from kerasdl.errors import ConfigError, DataError


class Raw(Protocol):
    """Data as they were found, before any treatment."""

    @property
    def source(self) -> str:
        """Where they come from, for messages: a set's name or a path."""
        ...

    @property
    def targets(self) -> np.ndarray | None:
        """The target of each example, as the data has it; None without targets."""
        ...

    def sha256(self) -> str:
        """Return a digest of the values, to know the data again."""
        ...


class Part(NamedTuple):
    """Some of the examples.

    Args:
        raw: The data.
        rows: Which of them, ascending, of shape `(rows,)`.
    """

    raw: Any
    rows: np.ndarray


class Parts(NamedTuple):
    """The examples to learn from, to choose the best epoch by, and to score."""

    train: Part
    validation: Part
    test: Part


class Preprocessing(ABC):
    """What a training split teaches of inputs, kept so that new data is treated alike."""

    @property
    @abstractmethod
    def signature(self) -> Signature:
        """What the model takes."""

    @abstractmethod
    def examples(
        self, part: Part, targets: Targets, learning: bool = False
    ) -> Examples:
        """Return examples as the model takes them.

        Args:
            part: Some of the data.
            targets: What was learned of targets.
            learning: Whether they are learned from.

        Raises:
            DataError: If there is one that the model cannot take.
        """

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values, which `Kind.preprocessing_from_json` reads."""


@dataclass(frozen=True)
class Kind(ABC):
    """Where the examples come from, and how they are split."""

    kind: str
    """What the examples are; without it, `name` tells."""
    name: str = "digits"
    """A built-in set, a `keras.datasets` name, or the path of an `.npz` or `.txt` file;
    empty in a recipe for data of your own."""
    task: Annotated[str, Named("tasks")] = "classification"
    """What is predicted: a class, a number, the next token of a text, or the input."""
    num_classes: Literal["auto"] | Annotated[int, Range(2, 1_000_000)] = "auto"
    """Number of classes; `auto` is the largest label plus one."""
    validation_fraction: Fraction = 0.15
    """Share of the training examples held out to choose the best epoch."""
    test_fraction: Annotated[float, Range(0, 1, open_low=True, open_high=True)] = 0.2
    """Share of all examples held out for the final score, unless the data has its
    own test set."""
    split_seed: Literal["auto"] | Annotated[int, Range(0, 2**31 - 1)] = "auto"
    """Decides which examples are held out; `auto` is `training.seed`."""

    SETS: ClassVar[dict[str, Sequence[str]]] = {}
    """Data sets without a file, each with the tasks it is for."""
    SUFFIXES: ClassVar[dict[str, Sequence[str]]] = {}
    """Endings of files, each with the tasks it is for."""

    @classmethod
    def claims(cls, name: str) -> bool:
        """Tell whether a source is of this kind, by its name alone."""
        return name in cls.SETS or name.endswith(tuple(cls.SUFFIXES))

    @property
    def file(self) -> Path | None:
        """The user's own file that the data are in; None for a set."""
        return Path(self.name) if self.name.endswith(tuple(self.SUFFIXES)) else None

    def check_source(self) -> None:
        """Check what can be known of the source before anything heavy is loaded.

        Raises:
            DataError: If there is no such set or file, or it is for another task.
        """
        if not self.name:
            what = "this preset has no data of its own"
            raise DataError(what, "name yours with --data")
        if self.file:
            check_there(self.file)
            tasks = next(t for s, t in self.SUFFIXES.items() if self.name.endswith(s))
            what = f"{self.name} is for {' or '.join(tasks)}"
        elif self.name in self.SETS:
            tasks = self.SETS[self.name]
            what = f"{self.name} is a {tasks[0]} set"
        else:
            raise DataError(*_unknown(self))
        if registry.find("tasks", self.task).takes_data_of not in tasks:
            other = "another" if self.file else f"a {tasks[0]}"
            hint = f"use {other} preset, or other data"
            raise DataError(f"{what}, data.task is {self.task!r}", hint)

    @property
    def origin(self) -> Origin:
        """Where the targets of the task come from."""
        return registry.find("tasks", self.task).origin

    @abstractmethod
    def read(self) -> Any:
        """Return the data of `name`, a `Raw`.

        Raises:
            DataError: If it cannot be read, with the place of what is wrong.
            UnsafeError: If a file could run code, or claims more than it holds.
        """

    @abstractmethod
    def check(self, raw: Any) -> None:
        """Raise `DataError` unless inputs can be learned from, and targets are as many."""

    @abstractmethod
    def split(self, raw: Any, stratify: bool, seed: int) -> Parts:
        """Return which examples are learned from, chosen by and scored.

        Args:
            raw: The data.
            stratify: Whether each part has the same share of each target.
            seed: Decides the draw.

        Raises:
            DataError: If there are too few.
        """

    @abstractmethod
    def fit(self, train: Part) -> Preprocessing:
        """Return what the training examples teach of inputs."""

    @abstractmethod
    def new(self, raw: Any) -> Part:
        """Return the examples to score of data that were not trained on."""

    @classmethod
    @abstractmethod
    def preprocessing_from_json(cls, values: dict[str, Any]) -> Preprocessing:
        """Return what `Preprocessing.to_json` gave.

        Raises:
            KeyError, TypeError, ValueError: If it is damaged.
        """

    def faults(self) -> list[ConfigError]:
        """Return the keys of the table that have no meaning in the task."""
        return []


def check_there(file: Path) -> None:
    """Raise `DataError` unless there is such a file."""
    try:
        there = file.is_file()
    except OSError as fault:  # a folder may be closed to us, or the name too long
        what = f"cannot look for {file}: {fault.strerror}"
        raise DataError(what, "check the path and its permissions") from fault
    if not there:
        raise DataError(f"no file at {file}", f"give the path of a {file.suffix} file")


def _unknown(kind: Kind) -> tuple[str, str]:
    """Return what is wrong with a name that a kind does not know, and a hint."""
    kinds = [registry.find("kinds", name) for name in registry.names("kinds")]
    if other := next((each for each in kinds if each.claims(kind.name)), None):
        what = f"{kind.name} holds {other.kind}, data.kind is {kind.kind!r}"
        return what, "use a preset for such data, or other data"
    sets = [name for each in kinds for name in each.SETS]
    suffixes = " or ".join(suffix for each in kinds for suffix in each.SUFFIXES)
    hint = f"{suggestion(kind.name, sets)} or give the path of an {suffixes} file"
    return f"unknown data set {kind.name!r}", hint
