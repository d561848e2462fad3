"""Tables `[optimizer]`, one class per optimizer."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from kerasdl.config.rules import Fraction, Range
from kerasdl.optimizers.optimizer_table import OptimizerTable

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class AdamKeys(OptimizerTable):
    """Base class of the tables of Adam and AdamW."""

    beta_1: Fraction = 0.9
    """Decay rate of the first moment, the mean of gradients."""
    beta_2: Fraction = 0.999
    """Decay rate of the second moment, the mean of squared gradients."""
    epsilon: Annotated[float, Range(0, 1, open_low=True)] = 1e-8
    """Added to the root of the second moment before bias correction, as in Keras. It
    equals `epsilon / sqrt(1 - beta_2**t)` in PyTorch at step t: 32 times larger at
    the first step."""

    weight_decay_schedule: Literal["constant", "flat-cosine"] = "constant"
    """The weight decay over the steps: `flat-cosine` keeps it for half of them and then
    lowers it along half a cosine to 0."""

    momentum_key: ClassVar = "beta_1"

    @property
    def schedules_weight_decay(self) -> bool:
        """Whether the weight decay changes, as set by `weight_decay_schedule`."""
        return self.weight_decay_schedule != "constant" and self.weight_decay > 0

    def arguments(
        self, learning_rate: Any, momentum: Any, weight_decay: Any = None
    ) -> dict[str, Any]:
        """Return the keys and the arguments of `build` under their Keras names."""
        arguments = super().arguments(learning_rate, momentum)
        arguments.pop("weight_decay_schedule")
        if weight_decay is not None:
            arguments["weight_decay"] = weight_decay
        return arguments


@dataclass(frozen=True)
class AdamWTable(AdamKeys):
    """Adam with decoupled weight decay."""

    name: Literal["adamw"] = "adamw"

    def build(
        self, learning_rate: Any, momentum: Any = None, weight_decay: Any = None
    ) -> "keras.optimizers.Optimizer":
        """Return a `kerasdl.optimizers.AdamW`."""
        from kerasdl.optimizers.adamw import AdamW

        return AdamW(**self.arguments(learning_rate, momentum, weight_decay))


@dataclass(frozen=True)
class AdamTable(AdamKeys):
    """Adam with weight decay in the gradient."""

    name: Literal["adam"] = "adam"
    weight_decay: Annotated[float, Range(0, 1)] = 0.0
    """Fraction of each kernel added to its clipped gradient, as in PyTorch's `Adam`;
    biases and norms are not decayed."""

    def build(
        self, learning_rate: Any, momentum: Any = None, weight_decay: Any = None
    ) -> "keras.optimizers.Optimizer":
        """Return a `kerasdl.optimizers.Adam`."""
        from kerasdl.optimizers.adam import Adam

        return Adam(**self.arguments(learning_rate, momentum, weight_decay))


@dataclass(frozen=True)
class SGDTable(OptimizerTable):
    """Stochastic gradient descent with momentum."""

    name: Literal["sgd"] = "sgd"
    learning_rate: Annotated[float, Range(1e-6, 1)] = 0.1
    momentum: Annotated[float, Range(0, 1, open_low=True, open_high=True)] = 0.9
    """Fraction of the last update kept in the next one."""
    nesterov: bool = True
    """Whether to use Nesterov momentum."""

    momentum_key: ClassVar = "momentum"

    def build(
        self, learning_rate: Any, momentum: Any = None
    ) -> "keras.optimizers.Optimizer":
        """Return a `kerasdl.optimizers.SGD`."""
        from kerasdl.optimizers.sgd import SGD

        return SGD(**self.arguments(learning_rate, momentum))
