"""Progress reporters of a run."""

from typing import Any, Protocol

import keras

from kerasdl import tasks
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


def shown(logs: dict[str, Any] | None, config: Config) -> dict[str, Any]:
    """Return the logs without the scores of the validation split that do not decide."""
    task, monitor = tasks.find(config.data.task), config.training.monitor
    return {
        name: value
        for name, value in (logs or {}).items()
        if name == monitor or not task.is_score_alone(name)
    }


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
