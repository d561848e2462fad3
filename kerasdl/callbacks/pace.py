"""When it is time to save."""

import time
from typing import Literal

PATIENCE = 50
"""With `auto`, so many times as long passes between saves as a save takes."""


class Pace:
    """Tell when a checkpoint is due, by steps, by epochs and by the clock.

    Args:
        every_steps: Due after so many steps; 0 never.
        every_epochs: Due after so many epochs; 0 never. `auto` is at the end of each,
            but lets fifty times as long pass as saving takes (a bound on its cost as in
            Mohan et al. 2021, CheckFreq, section 4.4).
        every_minutes: Due after so many minutes; 0 never. `auto` is a minute, or longer
            by the same rule.

    Raises:
        ValueError: If an interval is negative.
    """

    def __init__(
        self,
        every_steps: int,
        every_epochs: int | Literal["auto"],
        every_minutes: float | Literal["auto"],
    ):
        intervals = every_steps, every_epochs, every_minutes
        if any(interval != "auto" and interval < 0 for interval in intervals):
            raise ValueError("`every_steps`, `…_epochs` and `…_minutes` must be ≥ 0")
        self.every_steps = every_steps
        self.every_epochs = None if every_epochs == "auto" else every_epochs
        self.every_minutes = None if every_minutes == "auto" else every_minutes
        self.begin(0)

    def begin(self, step: int) -> None:
        """Begin to count at a step, as after a save that took no time."""
        self.step, self.stall = step, 0.0
        self.saved_at = time.perf_counter()

    def saved(self, step: int, since: float) -> None:
        """Note a save, or one that was refused, that held training up.

        Args:
            step: The step it is of.
            since: When it began, by `time.perf_counter`.
        """
        self.step, self.saved_at = step, time.perf_counter()
        self.stall = self.saved_at - since

    def due_amid_epoch(self, step: int, writing: float) -> bool:
        """Tell whether to save before a batch.

        Args:
            step: Steps taken.
            writing: Seconds that writing the last checkpoint took, beside training.
        """
        every = self.every_steps
        if every and step // every > self.step // every:
            return True
        if self.every_minutes is None:
            return self._rested(writing, 60)
        passed = time.perf_counter() - self.saved_at
        return 0 < self.every_minutes * 60 <= passed

    def due_after_epoch(self, epochs: int, writing: float) -> bool:
        """Tell whether to save after so many epochs."""
        if self.every_epochs is None:
            return self._rested(writing)
        return self.every_epochs > 0 and epochs % self.every_epochs == 0

    def _rested(self, writing: float, seconds: float = 0) -> bool:
        """Tell whether the last save is long ago, beside what it took."""
        least = max(seconds, PATIENCE * (self.stall + writing))
        return time.perf_counter() - self.saved_at >= least
