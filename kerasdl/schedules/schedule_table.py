"""What a table `[schedule]` is."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

from kerasdl.errors import ConfigError

if TYPE_CHECKING:
    from keras.optimizers.schedules import LearningRateSchedule


class Steps(NamedTuple):
    """The optimizer steps that a schedule is drawn over.

    Args:
        total: All of them.
        per_epoch: Those of one epoch of training.
    """

    total: int
    per_epoch: float


class Length(NamedTuple):
    """A length as the keys of a table give it, of which one counts.

    Args:
        share: Share of all steps, unless one of the others is given.
        steps: Optimizer steps.
        epochs: Epochs of training.
    """

    share: float
    steps: int | Literal["none"]
    epochs: float | Literal["none"]

    @property
    def given(self) -> bool:
        """Whether it is in steps or in epochs."""
        return (self.steps, self.epochs) != ("none", "none")

    def of(self, steps: Steps) -> int:
        """Return it in optimizer steps, which may be more than there are."""
        if self.steps != "none":
            return self.steps
        if self.epochs != "none":
            return round(self.epochs * steps.per_epoch)
        return round(self.share * steps.total)


class PlateauRule(NamedTuple):
    """When `kerasdl.callbacks.ReduceLROnPlateau` cuts, which documents it."""

    factor: float
    patience: int
    threshold: float


@dataclass(frozen=True)
class ScheduleTable(ABC):
    """The keys of a schedule, and what they make.

    A class of it, named in `kerasdl.registry`, is all that a schedule needs. It imports
    Keras when it builds.
    """

    name: str
    """The schedule."""

    @abstractmethod
    def build(self, peak: float, steps: Steps) -> "float | LearningRateSchedule":
        """Return the learning rate, of all steps or over them.

        Args:
            peak: The highest learning rate, `optimizer.learning_rate`.
            steps: What the schedule is drawn over.
        """

    @property
    def cycles_momentum(self) -> bool:
        """Whether `momentum` returns a schedule."""
        return False

    def momentum(self, steps: Steps) -> "LearningRateSchedule | None":
        """Return the momentum over the steps, or None if it is the optimizer's."""
        return None

    def plateau(self) -> PlateauRule | None:
        """Return when a metric cuts the learning rate down; None if none does."""
        return None

    def shortened(self) -> Self:
        """Return the table for a run of ten steps, which shall meet all its phases."""
        return self

    def faults(self) -> list[ConfigError]:
        """Return the keys that contradict each other."""
        return []

    def caution(self, steps: Steps) -> str | None:
        """Return what is allowed and seldom meant in so many steps, or None."""
        return None


def too_long(key: str, length: Length, steps: Steps) -> str | None:
    """Return how a length exceeds the schedule; None unless it was given and does.

    Args:
        key: The first word of the keys that give it.
        length: What they give.
        steps: What the schedule is drawn over.
    """
    if not length.given or length.of(steps) < steps.total:
        return None
    unit: Any = "steps" if length.steps != "none" else "epochs"
    value = getattr(length, unit)
    rule = f"is not less than the {steps.total} steps of the schedule"
    return f"schedule.{key}_{unit} (={value}) {rule}"
