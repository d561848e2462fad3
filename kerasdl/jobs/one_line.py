"""Progress on one line, for Python and notebooks."""

import sys
from typing import Any

import keras

from kerasdl.config import Config
from kerasdl.data import Dataset
from kerasdl.jobs.reporter import shown
from kerasdl.rundir import RunDir


class OneLineReporter:
    """A progress reporter that updates one line, in a terminal or a notebook."""

    def __init__(self) -> None:
        self.width = 0

    def begin(
        self, run: RunDir, config: Config, dataset: Dataset, model: keras.Model
    ) -> list:
        """Return a callback that shows the scores of each epoch."""
        epochs = config.transfer.head_epochs + config.training.epochs

        def show(epoch: int, logs: dict[str, Any]) -> None:
            scores = shown(logs, config)
            values = "  ".join(f"{n} {float(v):.4f}" for n, v in scores.items())
            self._write(f"\r{run.path}  epoch {epoch + 1}/{epochs}  {values}")

        progress = keras.callbacks.LambdaCallback(
            on_epoch_end=show, on_train_end=lambda logs: self._write("\n")
        )
        return [progress]

    def warn(self, line: str) -> None:
        """Write a warning to standard error."""
        print(f"warning: {line}", file=sys.stderr)  # noqa: T201

    def note(self, line: str) -> None:
        """Write an event over the line."""
        self._write(f"\r{line}\n")

    def _write(self, text: str) -> None:
        sys.stdout.write(text.ljust(self.width) if text != "\n" else text)
        sys.stdout.flush()
        self.width = len(text)
