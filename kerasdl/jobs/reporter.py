"""Progress reporters of a run."""

from typing import Protocol

import keras

from kerasdl.config import Config
from kerasdl.data import Dataset
from kerasdl.rundir import RunDir


class Reporter(Protocol):
    """What a progress reporter implements."""

    def begin(
        self, run: RunDir, config: Config, dataset: Dataset, model: keras.Model
    ) -> list:
        """Return further callbacks; called when the run is about to train."""
        ...

    def warn(self, line: str) -> None:
        """Report a warning, in one line."""
        ...

    def note(self, line: str) -> None:
        """Report a normal event of training, in one line."""
        ...


class NullReporter:
    """A reporter that does nothing; `events.jsonl` still holds every line."""

    def begin(
        self, run: RunDir, config: Config, dataset: Dataset, model: keras.Model
    ) -> list:
        """Return no callbacks."""
        return []

    def warn(self, line: str) -> None:
        """Ignore the warning."""

    def note(self, line: str) -> None:
        """Ignore the event."""
