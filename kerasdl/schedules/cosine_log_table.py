"""Table `[schedule]` of cycles of a cosine."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from kerasdl.config.rules import Range
from kerasdl.schedules.schedule_table import ScheduleTable, Steps

if TYPE_CHECKING:
    from keras.optimizers.schedules import LearningRateSchedule


@dataclass(frozen=True)
class CosineLogTable(ScheduleTable):
    """Rises from 0 to the learning rate and back, each twice as long as the last."""

    name: Literal["cosine-log"] = "cosine-log"
    cycles: Annotated[int, Range(1, 20)] = 4
    """Number of rises."""

    def build(self, peak: float, steps: Steps) -> "LearningRateSchedule":
        """Return a `kerasdl.schedules.CosineLog`."""
        from kerasdl.schedules.cosine_log import CosineLog

        return CosineLog(peak, steps.total, self.cycles)
