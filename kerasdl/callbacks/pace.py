"""When to save a checkpoint."""

import time
from typing import Literal

WAIT_PER_SAVE = 50
"""With `auto`, the time between saves, as a multiple of the time of one save."""


class Pace:
    """Decide when a checkpoint is due, by steps, epochs and minutes.

    Args:
        every_steps: Save after this many steps; 0 means never.
        every_epochs: Save after this many epochs; 0 means never. `auto` saves after
            each epoch, but waits fifty times as long as a save takes (a bound on its
            cost as in Mohan et al. 2021, CheckFreq, section 4.4).
        every_minutes: Save after this many minutes; 0 means never. `auto` is one
            minute, or longer by the same rule.

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
            names = "`every_steps`, `every_epochs` and `every_minutes`"
            raise ValueError(f"{names} must be ≥ 0")
        self.every_steps = every_steps
        self.every_epochs = None if every_epochs == "auto" else every_epochs
        self.every_minutes = None if every_minutes == "auto" else every_minutes
        self.begin(0)

    def begin(self, step: int) -> None:
        """Start counting at a step, as after a save that took no time."""
        self.step, self.stall = step, 0.0
        self.saved_at = time.perf_counter()

    def saved(self, step: int, since: float) -> None:
        """Record a save, or a refused one, that blocked training.

        Args:
            step: The step it is of.
            since: When it began, by `time.perf_counter`.
        """
        self.step, self.saved_at = step, time.perf_counter()
        self.stall = self.saved_at - since

    def due_mid_epoch(self, step: int, writing: float) -> bool:
        """Return whether to save before a batch.

        Args:
            step: Steps taken.
            writing: Seconds that the last background write took.
        """
        every = self.every_steps
        if every and step // every > self.step // every:
            return True
        if self.every_minutes is None:
            return self._has_waited(writing, 60)
        passed = time.perf_counter() - self.saved_at
        return 0 < self.every_minutes * 60 <= passed

    def due_after_epoch(self, epochs: int, writing: float) -> bool:
        """Return whether to save after `epochs` epochs."""
        if self.every_epochs is None:
            return self._has_waited(writing)
        return self.every_epochs > 0 and epochs % self.every_epochs == 0

    def _has_waited(self, writing: float, seconds: float = 0) -> bool:
        """Return whether enough time has passed since the last save, given its cost."""
        wait = max(seconds, WAIT_PER_SAVE * (self.stall + writing))
        return time.perf_counter() - self.saved_at >= wait
