"""Who is told how a run gets on."""

from typing import Protocol

import keras

from kerasdl.config import Config
from kerasdl.data import Dataset
from kerasdl.rundir import RunDir


class Reporter(Protocol):
    """Reports progress while a run trains."""

    def begin(
        self, run: RunDir, config: Config, dataset: Dataset, model: keras.Model
    ) -> list:
        """Be told that everything is built; return further callbacks."""
        ...

    def warn(self, line: str) -> None:
        """Be told what a user should know, in one line."""
        ...

    def note(self, line: str) -> None:
        """Be told what training has done as it should, in one line."""
        ...


class NullReporter:
    """Reports nothing; `events.jsonl` has it all."""

    def begin(
        self, run: RunDir, config: Config, dataset: Dataset, model: keras.Model
    ) -> list:
        """Add no callback."""
        return []

    def warn(self, line: str) -> None:
        """Say nothing."""

    def note(self, line: str) -> None:
        """Say nothing."""
