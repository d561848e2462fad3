"""What a table `[optimizer]` is."""

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from kerasdl.config.rules import Range

if TYPE_CHECKING:
    import keras
    from keras.optimizers.schedules import LearningRateSchedule


@dataclass(frozen=True)
class OptimizerTable(ABC):
    """The keys of an optimizer, and what they make.

    A class of it, named in `kerasdl.registry`, is all that an optimizer needs. It imports
    Keras when it builds.
    """

    name: str
    """The optimizer."""
    learning_rate: Annotated[float, Range(1e-6, 1)] = 1e-3
    """The highest learning rate of the schedule."""
    weight_decay: Annotated[float, Range(0, 1)] = 0.01
    """Decay of kernels for each unit of learning rate; never on biases and norms."""
    global_clipnorm: Annotated[float, Range(0, 1e6)] = 1.0
    """Largest global gradient norm; 0 leaves gradients as they are."""
    ema_momentum: Annotated[float, Range(0, 1, open_high=True)] = 0.0
    """Share of the old in the moving average of the weights, which is then what is
    validated and kept; 0 keeps the weights themselves."""

    momentum_key: ClassVar[str | None] = None
    """The key in whose place a schedule may cycle the momentum; None if there is none."""

    @abstractmethod
    def build(
        self,
        learning_rate: "float | LearningRateSchedule",
        momentum: "LearningRateSchedule | None" = None,
    ) -> "keras.optimizers.Optimizer":
        """Return the optimizer.

        Args:
            learning_rate: What the schedule makes of `learning_rate`.
            momentum: What it cycles in the place of `momentum_key`, or None.
        """

    def arguments(
        self,
        learning_rate: "float | LearningRateSchedule",
        momentum: "LearningRateSchedule | None",
    ) -> dict[str, Any]:
        """Return the keys, and what `build` was given, as Keras names them."""
        arguments = asdict(self) | {"learning_rate": learning_rate}
        if momentum is not None:
            assert self.momentum_key is not None
            arguments[self.momentum_key] = momentum
        arguments["global_clipnorm"] = arguments["global_clipnorm"] or None
        arguments.pop("name")
        if average := arguments.pop("ema_momentum"):
            arguments |= {"use_ema": True, "ema_momentum": average}
        return arguments
