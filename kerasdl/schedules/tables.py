"""Tables `[schedule]`, one class per schedule."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Literal, Self

from kerasdl.config.rules import Fraction, InsteadOf, Range
from kerasdl.errors import ConfigError
from kerasdl.finding import Finding
from kerasdl.schedules.schedule_table import (
    Length,
    PlateauRule,
    ScheduleTable,
    Steps,
    too_long,
)

if TYPE_CHECKING:
    from keras.optimizers.schedules import LearningRateSchedule

MAX_STEPS, MAX_EPOCHS = 10**9, 1000
OpenFraction = Annotated[float, Range(0, 1, open_low=True, open_high=True)]
AnySteps = Literal["none"] | Annotated[int, Range(0, MAX_STEPS)]
SomeSteps = Literal["none"] | Annotated[int, Range(1, MAX_STEPS)]
AnyEpochs = Literal["none"] | Annotated[float, Range(0, MAX_EPOCHS)]
SomeEpochs = Literal["none"] | Annotated[float, Range(0, MAX_EPOCHS, open_low=True)]
"""For keys where 0 has no meaning."""


@dataclass(frozen=True)
class ConstantTable(ScheduleTable):
    """Constant learning rate."""

    name: Literal["constant"] = "constant"

    def build(self, peak: float, steps: Steps) -> float:
        """Return the peak."""
        return peak


@dataclass(frozen=True)
class WarmupTable(ScheduleTable):
    """Base class of tables of schedules with warm-up."""

    warmup_fraction: Fraction = 0.1
    """Fraction of all steps spent in warm-up; the peak is always reached."""
    warmup_steps: Annotated[AnySteps, InsteadOf("warmup_fraction")] = "none"
    """Optimizer steps of warm-up; a shorter run peaks at its last step."""
    warmup_epochs: Annotated[AnyEpochs, InsteadOf("warmup_fraction")] = "none"
    """Epochs of warm-up; a shorter run peaks at its last step."""

    @property
    def _warmup(self) -> Length:
        return Length(self.warmup_fraction, self.warmup_steps, self.warmup_epochs)

    def rise(self, steps: Steps) -> int:
        """Return the steps of warm-up, leaving at least one step for the peak."""
        return min(self._warmup.of(steps), steps.total - 1)

    def shortened(self) -> Self:
        """Return the table with a warm-up of at least two of ten steps."""
        fraction = max(self.warmup_fraction, 0.2)
        return replace(
            self, warmup_fraction=fraction, warmup_steps="none", warmup_epochs="none"
        )

    def caution(self, steps: Steps) -> Finding | None:
        """Return a finding if the warm-up takes all steps."""
        consequence = "the learning rate rises to the last one"
        return too_long("warmup", self._warmup, steps, consequence)


@dataclass(frozen=True)
class WarmupLinearTable(WarmupTable):
    """Linear warm-up to the learning rate, then a linear decay to zero."""

    name: Literal["warmup-linear"] = "warmup-linear"

    def build(self, peak: float, steps: Steps) -> "LearningRateSchedule":
        """Return a `kerasdl.schedules.WarmupLinear`."""
        from kerasdl.schedules.warmup_linear import WarmupLinear

        return WarmupLinear(peak, self.rise(steps), steps.total)


@dataclass(frozen=True)
class OneCycleTable(ScheduleTable):
    """Cosine rise to the learning rate, then a cosine decay far below the start."""

    name: Literal["one-cycle"] = "one-cycle"
    pct_start: OpenFraction = 0.3
    """Fraction of all steps spent rising."""
    warmup_steps: Annotated[SomeSteps, InsteadOf("pct_start")] = "none"
    """Optimizer steps spent rising; a shorter run keeps one step for the decay."""
    warmup_epochs: Annotated[SomeEpochs, InsteadOf("pct_start")] = "none"
    """Epochs spent rising; a shorter run keeps one step for the decay."""
    div_factor: Annotated[float, Range(1, 1e9)] = 25.0
    """Highest learning rate divided by the first one."""
    final_div_factor: Annotated[float, Range(1, 1e9)] = 1e4
    """First learning rate divided by the last one."""
    cycle_momentum: bool = True
    """Whether to cycle momentum, or Adam's β₁, inversely to the learning rate. It then
    replaces `optimizer.momentum` or `optimizer.beta_1`."""
    base_momentum: Fraction = 0.85
    """Momentum where the learning rate is highest."""
    max_momentum: OpenFraction = 0.95
    """Momentum at the first and last step."""

    @property
    def _warmup(self) -> Length:
        return Length(self.pct_start, self.warmup_steps, self.warmup_epochs)

    def _share(self, steps: Steps) -> float:
        """Return the fraction of the steps spent rising."""
        if not self._warmup.explicit or steps.total == 1:  # one step has no rise
            return self.pct_start
        return max(1, min(self._warmup.of(steps), steps.total - 1)) / steps.total

    def build(self, peak: float, steps: Steps) -> "LearningRateSchedule":
        """Return a `kerasdl.schedules.OneCycle`."""
        from kerasdl.schedules.one_cycle import OneCycle

        factors = self.div_factor, self.final_div_factor
        return OneCycle(peak, steps.total, self._share(steps), *factors)

    @property
    def cycles_momentum(self) -> bool:
        """Whether `momentum` returns a schedule, as set by `cycle_momentum`."""
        return self.cycle_momentum

    def momentum(self, steps: Steps) -> "LearningRateSchedule | None":
        """Return a `kerasdl.schedules.OneCycleMomentum`, or None without cycling."""
        from kerasdl.schedules.one_cycle_momentum import OneCycleMomentum

        if not self.cycle_momentum:
            return None
        ends = self.base_momentum, self.max_momentum
        return OneCycleMomentum(steps.total, *ends, self._share(steps))

    def shortened(self) -> Self:
        """Return the table with a rise given as a fraction of the steps."""
        return replace(self, warmup_steps="none", warmup_epochs="none")

    def faults(self) -> list[ConfigError]:
        """Return an error if the base momentum is above the maximum."""
        low, high = self.base_momentum, self.max_momentum
        if not self.cycle_momentum or low <= high:
            return []
        what = f"schedule.base_momentum (={low}) is above schedule.max_momentum"
        return [ConfigError(what, f"set it to {high} or less")]

    def caution(self, steps: Steps) -> Finding | None:
        """Return a finding if the rise takes all steps."""
        consequence = "the learning rate falls in the last one"
        return too_long("warmup", self._warmup, steps, consequence)


@dataclass(frozen=True)
class CosineTable(WarmupTable):
    """Linear warm-up to the learning rate, then half a cosine down to a floor."""

    name: Literal["cosine"] = "cosine"
    warmup_fraction: Fraction = 0.0
    floor: Fraction = 0.01
    """Learning rate after the last step, divided by the highest one."""

    def build(self, peak: float, steps: Steps) -> "LearningRateSchedule":
        """Return a `kerasdl.schedules.Cosine`."""
        from kerasdl.schedules.cosine import Cosine

        return Cosine(peak, steps.total, self.rise(steps), self.floor)


@dataclass(frozen=True)
class StepDecayTable(ScheduleTable):
    """Learning rate that is cut at regular intervals."""

    name: Literal["step-decay"] = "step-decay"
    every_fraction: Annotated[float, Range(0, 1, open_low=True)] = 0.3
    """Fraction of all steps between two cuts."""
    every_steps: Annotated[SomeSteps, InsteadOf("every_fraction")] = "none"
    """Optimizer steps between two cuts; a shorter run has no cut."""
    every_epochs: Annotated[SomeEpochs, InsteadOf("every_fraction")] = "none"
    """Epochs between two cuts; a shorter run has no cut."""
    factor: OpenFraction = 0.1
    """Multiplier of the learning rate at a cut."""

    @property
    def _every(self) -> Length:
        return Length(self.every_fraction, self.every_steps, self.every_epochs)

    def build(self, peak: float, steps: Steps) -> "LearningRateSchedule":
        """Return a `kerasdl.schedules.StepDecay`."""
        from kerasdl.schedules.step_decay import StepDecay

        return StepDecay(peak, max(1, self._every.of(steps)), self.factor)

    def shortened(self) -> Self:
        """Return the table with an interval given as a fraction of the steps."""
        return replace(self, every_steps="none", every_epochs="none")

    def caution(self, steps: Steps) -> Finding | None:
        """Return a finding if there is no cut."""
        consequence = "the learning rate is not cut"
        return too_long("every", self._every, steps, consequence)


@dataclass(frozen=True)
class InverseSquareRootTable(WarmupTable):
    """Linear warm-up to the learning rate, then an inverse-square-root decay."""

    name: Literal["inverse-square-root"] = "inverse-square-root"
    warmup_fraction: OpenFraction = 0.1
    """Fraction of all steps spent in warm-up; at four times that step, half is left."""
    warmup_steps: Annotated[SomeSteps, InsteadOf("warmup_fraction")] = "none"
    warmup_epochs: Annotated[SomeEpochs, InsteadOf("warmup_fraction")] = "none"

    def build(self, peak: float, steps: Steps) -> "LearningRateSchedule":
        """Return a `kerasdl.schedules.InverseSquareRoot`."""
        from kerasdl.schedules.inverse_square_root import InverseSquareRoot

        return InverseSquareRoot(peak, max(1, self.rise(steps)))


@dataclass(frozen=True)
class PlateauTable(ScheduleTable):
    """Learning rate that is cut when `training.monitor` stops improving."""

    name: Literal["plateau"] = "plateau"
    factor: OpenFraction = 0.5
    """Multiplier of the learning rate at a cut."""
    patience: Annotated[int, Range(0, 1000)] = 5
    """Epochs without improvement to tolerate; a cut follows the next one."""
    threshold: Fraction = 1e-4
    """Smallest improvement, relative to the best `training.monitor`."""

    def build(self, peak: float, steps: Steps) -> float:
        """Return the peak, until a callback cuts it."""
        return peak

    def plateau(self) -> PlateauRule:
        """Return the keys as a rule."""
        return PlateauRule(self.factor, self.patience, self.threshold)

    def shortened(self) -> Self:
        """Return the table that cuts unless the metric improves by half."""
        return replace(self, patience=0, threshold=0.5)
