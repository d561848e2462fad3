"""The tables `[schedule]`, by their name."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Literal, Self

from kerasdl.config.rules import Fraction, InsteadOf, Range
from kerasdl.errors import ConfigError
from kerasdl.schedules.schedule_table import (
    Length,
    PlateauRule,
    ScheduleTable,
    Steps,
    too_long,
)

if TYPE_CHECKING:
    from keras.optimizers.schedules import LearningRateSchedule

LONGEST, MOST_EPOCHS = 10**9, 1000
OpenFraction = Annotated[float, Range(0, 1, open_low=True, open_high=True)]
AnySteps = Literal["none"] | Annotated[int, Range(0, LONGEST)]
SomeSteps = Literal["none"] | Annotated[int, Range(1, LONGEST)]
AnyEpochs = Literal["none"] | Annotated[float, Range(0, MOST_EPOCHS)]
SomeEpochs = Literal["none"] | Annotated[float, Range(0, MOST_EPOCHS, open_low=True)]
"""Where 0 has no meaning."""


@dataclass(frozen=True)
class ConstantTable(ScheduleTable):
    """The same learning rate at every step."""

    name: Literal["constant"] = "constant"

    def build(self, peak: float, steps: Steps) -> float:
        """Return the peak."""
        return peak


@dataclass(frozen=True)
class WarmupTable(ScheduleTable):
    """What schedules with a warm-up have in common."""

    warmup_fraction: Fraction = 0.1
    """Share of all steps spent rising, of which the peak is always left."""
    warmup_steps: Annotated[AnySteps, InsteadOf("warmup_fraction")] = "none"
    """Optimizer steps spent rising; in a run that has no more, the peak is at the last
    one."""
    warmup_epochs: Annotated[AnyEpochs, InsteadOf("warmup_fraction")] = "none"
    """Epochs spent rising; in a run that has no more, the peak is at the last step."""

    @property
    def _warmup(self) -> Length:
        return Length(self.warmup_fraction, self.warmup_steps, self.warmup_epochs)

    def rise(self, steps: Steps) -> int:
        """Return the steps of warm-up, after which the peak must still be reached."""
        return min(self._warmup.of(steps), steps.total - 1)

    def shortened(self) -> Self:
        """Return the table with a warm-up of two of ten steps, or more."""
        fraction = max(self.warmup_fraction, 0.2)
        return replace(
            self, warmup_fraction=fraction, warmup_steps="none", warmup_epochs="none"
        )

    def caution(self, steps: Steps) -> str | None:
        """Return that the warm-up leaves no steps."""
        line = too_long("warmup", self._warmup, steps)
        return line and f"{line}: the learning rate rises to the last one"


@dataclass(frozen=True)
class WarmupLinearTable(WarmupTable):
    """A linear rise to the learning rate, then a linear fall to zero."""

    name: Literal["warmup-linear"] = "warmup-linear"

    def build(self, peak: float, steps: Steps) -> "LearningRateSchedule":
        """Return a `kerasdl.schedules.WarmupLinear`."""
        from kerasdl.schedules.warmup_linear import WarmupLinear

        return WarmupLinear(peak, self.rise(steps), steps.total)


@dataclass(frozen=True)
class OneCycleTable(ScheduleTable):
    """A cosine rise to the learning rate, then a cosine fall far below the start."""

    name: Literal["one-cycle"] = "one-cycle"
    pct_start: OpenFraction = 0.3
    """Share of all steps spent rising."""
    warmup_steps: Annotated[SomeSteps, InsteadOf("pct_start")] = "none"
    """Optimizer steps spent rising; in a run that has no more, one is left to fall."""
    warmup_epochs: Annotated[SomeEpochs, InsteadOf("pct_start")] = "none"
    """Epochs spent rising; in a run that has no more, one step is left to fall."""
    div_factor: Annotated[float, Range(1, 1e9)] = 25.0
    """Highest learning rate divided by the first one."""
    final_div_factor: Annotated[float, Range(1, 1e9)] = 1e4
    """First learning rate divided by the last one."""
    cycle_momentum: bool = True
    """Whether momentum, or Adam's β₁, is cycled against the learning rate, in the place
    of `optimizer.momentum` or `optimizer.beta_1`."""
    base_momentum: Fraction = 0.85
    """Momentum where the learning rate is highest."""
    max_momentum: OpenFraction = 0.95
    """Momentum at the first and at the last step."""

    @property
    def _warmup(self) -> Length:
        return Length(self.pct_start, self.warmup_steps, self.warmup_epochs)

    def _share(self, steps: Steps) -> float:
        """Return the share of the steps spent rising."""
        if not self._warmup.given or steps.total == 1:  # where there is no rise
            return self.pct_start
        return max(1, min(self._warmup.of(steps), steps.total - 1)) / steps.total

    def build(self, peak: float, steps: Steps) -> "LearningRateSchedule":
        """Return a `kerasdl.schedules.OneCycle`."""
        from kerasdl.schedules.one_cycle import OneCycle

        factors = self.div_factor, self.final_div_factor
        return OneCycle(peak, steps.total, self._share(steps), *factors)

    @property
    def cycles_momentum(self) -> bool:
        """As `cycle_momentum` says."""
        return self.cycle_momentum

    def momentum(self, steps: Steps) -> "LearningRateSchedule | None":
        """Return a `kerasdl.schedules.OneCycleMomentum`, if it is cycled."""
        from kerasdl.schedules.one_cycle_momentum import OneCycleMomentum

        if not self.cycle_momentum:
            return None
        ends = self.base_momentum, self.max_momentum
        return OneCycleMomentum(steps.total, *ends, self._share(steps))

    def shortened(self) -> Self:
        """Return the table with a rise of a share of the steps."""
        return replace(self, warmup_steps="none", warmup_epochs="none")

    def faults(self) -> list[ConfigError]:
        """Return a momentum that is cycled the wrong way round."""
        low, high = self.base_momentum, self.max_momentum
        if not self.cycle_momentum or low <= high:
            return []
        what = f"schedule.base_momentum (={low}) is above schedule.max_momentum"
        return [ConfigError(what, f"set it to {high} or less")]

    def caution(self, steps: Steps) -> str | None:
        """Return that the rise leaves no steps."""
        line = too_long("warmup", self._warmup, steps)
        return line and f"{line}: the learning rate falls in the last one"


@dataclass(frozen=True)
class CosineTable(WarmupTable):
    """A linear rise to the learning rate, then half a cosine down to a share of it."""

    name: Literal["cosine"] = "cosine"
    warmup_fraction: Fraction = 0.0
    floor: Fraction = 0.01
    """What the fall ends at after the last step, divided by the highest rate."""

    def build(self, peak: float, steps: Steps) -> "LearningRateSchedule":
        """Return a `kerasdl.schedules.Cosine`."""
        from kerasdl.schedules.cosine import Cosine

        return Cosine(peak, steps.total, self.rise(steps), self.floor)


@dataclass(frozen=True)
class StepDecayTable(ScheduleTable):
    """The learning rate, cut down after every so many steps."""

    name: Literal["step-decay"] = "step-decay"
    every_fraction: Annotated[float, Range(0, 1, open_low=True)] = 0.3
    """Share of all steps between two cuts."""
    every_steps: Annotated[SomeSteps, InsteadOf("every_fraction")] = "none"
    """Optimizer steps between two cuts; a run that has no more is not cut."""
    every_epochs: Annotated[SomeEpochs, InsteadOf("every_fraction")] = "none"
    """Epochs between two cuts; a run that has no more is not cut."""
    factor: OpenFraction = 0.1
    """What is left of the learning rate after a cut."""

    @property
    def _every(self) -> Length:
        return Length(self.every_fraction, self.every_steps, self.every_epochs)

    def build(self, peak: float, steps: Steps) -> "LearningRateSchedule":
        """Return a `kerasdl.schedules.StepDecay`."""
        from kerasdl.schedules.step_decay import StepDecay

        return StepDecay(peak, max(1, self._every.of(steps)), self.factor)

    def shortened(self) -> Self:
        """Return the table with cuts after a share of the steps."""
        return replace(self, every_steps="none", every_epochs="none")

    def caution(self, steps: Steps) -> str | None:
        """Return that there is no cut."""
        line = too_long("every", self._every, steps)
        return line and f"{line}: the learning rate is not cut"


@dataclass(frozen=True)
class InverseSquareRootTable(WarmupTable):
    """A linear rise to the learning rate, then a fall with the root of the step."""

    name: Literal["inverse-square-root"] = "inverse-square-root"
    warmup_fraction: OpenFraction = 0.1
    """Share of all steps spent rising; after four times as many, half is left."""
    warmup_steps: Annotated[SomeSteps, InsteadOf("warmup_fraction")] = "none"
    warmup_epochs: Annotated[SomeEpochs, InsteadOf("warmup_fraction")] = "none"

    def build(self, peak: float, steps: Steps) -> "LearningRateSchedule":
        """Return a `kerasdl.schedules.InverseSquareRoot`."""
        from kerasdl.schedules.inverse_square_root import InverseSquareRoot

        return InverseSquareRoot(peak, max(1, self.rise(steps)))


@dataclass(frozen=True)
class PlateauTable(ScheduleTable):
    """The learning rate, cut down whenever `training.monitor` stops improving."""

    name: Literal["plateau"] = "plateau"
    factor: OpenFraction = 0.5
    """What is left of the learning rate after a cut."""
    patience: Annotated[int, Range(0, 1000)] = 5
    """Epochs without improvement that are let pass; the next one is followed by a
    cut."""
    threshold: Fraction = 1e-4
    """Share of the best `training.monitor` by which a better one must differ."""

    def build(self, peak: float, steps: Steps) -> float:
        """Return the peak, until a callback cuts it."""
        return peak

    def plateau(self) -> PlateauRule:
        """Return the keys."""
        return PlateauRule(self.factor, self.patience, self.threshold)

    def shortened(self) -> Self:
        """Return the table that cuts unless the metric is halved."""
        return replace(self, patience=0, threshold=0.5)
