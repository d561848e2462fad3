"""Base class of a table `[optimizer]`."""

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from kerasdl.config.rules import Range

if TYPE_CHECKING:
    import keras
    from keras.optimizers.schedules import LearningRateSchedule


@dataclass(frozen=True)
class OptimizerTable(ABC):
    """Config keys of an optimizer, and the builder of the optimizer.

    To add an optimizer, name a subclass in `kerasdl.registry`. It imports Keras only in
    `build`.
    """

    name: str
    """Name of the optimizer."""
    learning_rate: Annotated[float, Range(1e-6, 1)] = 1e-3
    """Highest learning rate of the schedule."""
    weight_decay: Annotated[float, Range(0, 1)] = 0.01
    """Decay of kernels per unit of learning rate; biases and norms are not decayed."""
    global_clipnorm: Annotated[float, Range(0, 1e6)] = 1.0
    """Maximum global gradient norm; 0 disables clipping."""
    ema_momentum: Annotated[float, Range(0, 1, open_high=True)] = 0.0
    """Decay of the moving average of the weights, which is then validated and saved; 0
    disables averaging."""

    momentum_key: ClassVar[str | None] = None
    """Key that a momentum schedule replaces, or None if the optimizer has none."""

    @property
    def schedules_weight_decay(self) -> bool:
        """Whether `build` takes a `weight_decay` that replaces the key, a schedule."""
        return False

    @abstractmethod
    def build(
        self,
        learning_rate: "float | LearningRateSchedule",
        momentum: "LearningRateSchedule | None" = None,
    ) -> "keras.optimizers.Optimizer":
        """Return the optimizer.

        Args:
            learning_rate: Constant or schedule that replaces the key `learning_rate`.
            momentum: Schedule that replaces the key `momentum_key`, or None.
        """

    def arguments(
        self,
        learning_rate: "float | LearningRateSchedule",
        momentum: "LearningRateSchedule | None",
    ) -> dict[str, Any]:
        """Return the keys and the arguments of `build` under their Keras names."""
        arguments = asdict(self) | {"learning_rate": learning_rate}
        if momentum is not None:
            assert self.momentum_key is not None
            arguments[self.momentum_key] = momentum
        arguments["global_clipnorm"] = arguments["global_clipnorm"] or None
        arguments.pop("name")
        if average := arguments.pop("ema_momentum"):
            arguments |= {"use_ema": True, "ema_momentum": average}
        return arguments
