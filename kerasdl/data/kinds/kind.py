"""Base class of a kind of data."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from kerasdl.data.corrupted import Corrupted
from kerasdl.data.examples import Examples
from kerasdl.data.kinds.source_table import SourceTable
from kerasdl.data.parts import Parts
from kerasdl.data.preprocessing import Part, Preprocessing
from kerasdl.data.target_error import TargetError
from kerasdl.errors import ConfigError, DataError
from kerasdl.finding import Finding


@dataclass(frozen=True)
class Kind(SourceTable, ABC):
    """Table `[data]`: the source of the examples and how to split them."""

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

    def corrupted(
        self, part: Part, preprocessing: Preprocessing, seed: int
    ) -> Iterable[Corrupted]:
        """Return examples that are damaged a little in several ways, if the kind has any.

        Args:
            part: The examples.
            preprocessing: What was fitted on the training examples.
            seed: Seed of the draws, which depend on the row as well.
        """
        return ()

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

    def encoding_keys(self, run: Path, fitted: dict[str, Any]) -> dict[str, Any]:
        """Return the keys that a run which begins with the weights of one inherits.

        Args:
            run: The directory of the run that has this config.
            fitted: JSON values of its preprocessing.

        Raises:
            KeyError: If these are damaged.
        """
        return {}

    def without_data(self) -> Preprocessing:
        """Return input preprocessing that the keys alone decide, for imported weights.

        Raises:
            ConfigError: If it needs training examples.
        """
        what = f"data.kind {self.kind!r} needs training examples to encode inputs"
        raise ConfigError(what, "begin a training with the weights: --init-from")

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
