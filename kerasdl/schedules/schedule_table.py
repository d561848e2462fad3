"""Base class of a table `[schedule]`."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

from kerasdl.errors import ConfigError
from kerasdl.finding import Finding

if TYPE_CHECKING:
    from keras.optimizers.schedules import LearningRateSchedule


class Steps(NamedTuple):
    """Optimizer steps that a schedule spans.

    Args:
        total: Total steps.
        per_epoch: Steps per epoch of training.
    """

    total: int
    per_epoch: float


class Length(NamedTuple):
    """Length of a phase, set by one of three keys.

    Args:
        share: Fraction of all steps, unless one of the others is set.
        steps: Optimizer steps.
        epochs: Epochs of training.
    """

    share: float
    steps: int | Literal["none"]
    epochs: float | Literal["none"]

    @property
    def explicit(self) -> bool:
        """Whether the length is set in steps or epochs."""
        return (self.steps, self.epochs) != ("none", "none")

    def of(self, steps: Steps) -> int:
        """Return the length in optimizer steps, possibly more than the total."""
        if self.steps != "none":
            return self.steps
        if self.epochs != "none":
            return round(self.epochs * steps.per_epoch)
        return round(self.share * steps.total)


class PlateauRule(NamedTuple):
    """Arguments of `kerasdl.callbacks.ReduceLROnPlateau`, which documents them."""

    factor: float
    patience: int
    threshold: float


@dataclass(frozen=True)
class ScheduleTable(ABC):
    """Config keys of a schedule, and the builder of the schedule.

    To add a schedule, name a subclass in `kerasdl.registry`. It imports Keras only in
    `build`.
    """

    name: str
    """Name of the schedule."""

    @abstractmethod
    def build(self, peak: float, steps: Steps) -> "float | LearningRateSchedule":
        """Return the learning rate: a constant or a schedule.

        Args:
            peak: Highest learning rate, `optimizer.learning_rate`.
            steps: Steps that the schedule spans.
        """

    @property
    def cycles_momentum(self) -> bool:
        """Whether `momentum` returns a schedule."""
        return False

    def momentum(self, steps: Steps) -> "LearningRateSchedule | None":
        """Return a momentum schedule, or None to keep the optimizer's momentum."""
        return None

    def plateau(self) -> PlateauRule | None:
        """Return the rule for cuts at a plateau of a metric, or None."""
        return None

    def shortened(self) -> Self:
        """Return the table for a run of ten steps that passes through all phases."""
        return self

    def faults(self) -> list[ConfigError]:
        """Return errors for keys that contradict each other."""
        return []

    def caution(self, steps: Steps) -> Finding | None:
        """Return a finding about a length that is rarely intended, or None."""
        return None


def too_long(
    key: str, length: Length, steps: Steps, consequence: str
) -> Finding | None:
    """Return a finding if an explicit length exceeds the schedule, else None.

    Args:
        key: First word of the keys that set the length.
        length: The length.
        steps: Steps that the schedule spans.
        consequence: What follows for the learning rate.
    """
    if not length.explicit or length.of(steps) < steps.total:
        return None
    unit: Any = "steps" if length.steps != "none" else "epochs"
    where, value = f"schedule.{key}_{unit}", getattr(length, unit)
    limit = f"the {steps.total} steps of the schedule"
    what = f"{where} (={value}) is not less than {limit}: {consequence}"
    rule = f"< {steps.total} steps"
    hint = f"set a smaller {where}, or train longer"
    return Finding("schedule", what, hint, where, value, rule)
