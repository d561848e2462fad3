"""The tables `[optimizer]`, by their name."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from kerasdl.config.rules import Fraction, Range
from kerasdl.optimizers.optimizer_table import OptimizerTable

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class AdamKeys(OptimizerTable):
    """What both kinds of Adam have in common."""

    beta_1: Fraction = 0.9
    """Decay rate of the mean of gradients."""
    beta_2: Fraction = 0.999
    """Decay rate of the mean of squared gradients."""
    epsilon: Annotated[float, Range(0, 1, open_low=True)] = 1e-8
    """Added to the root of the mean of squared gradients before that is corrected for
    its start at 0, as in Keras; PyTorch adds it after. At step t it weighs as much as
    `epsilon / sqrt(1 - beta_2**t)` does there: 32 times as much at the first."""

    momentum_key: ClassVar = "beta_1"


@dataclass(frozen=True)
class AdamWTable(AdamKeys):
    """Adam with decoupled weight decay."""

    name: Literal["adamw"] = "adamw"

    def build(
        self, learning_rate: Any, momentum: Any = None
    ) -> "keras.optimizers.Optimizer":
        """Return a `kerasdl.optimizers.AdamW`."""
        from kerasdl.optimizers.adamw import AdamW

        return AdamW(**self.arguments(learning_rate, momentum))


@dataclass(frozen=True)
class AdamTable(AdamKeys):
    """Adam, whose weight decay is part of the gradient."""

    name: Literal["adam"] = "adam"
    weight_decay: Annotated[float, Range(0, 1)] = 0.0
    """Share of kernels added to their gradient once that is clipped, as PyTorch's `Adam`
    does; never of biases and norms."""

    def build(
        self, learning_rate: Any, momentum: Any = None
    ) -> "keras.optimizers.Optimizer":
        """Return a `kerasdl.optimizers.Adam`."""
        from kerasdl.optimizers.adam import Adam

        return Adam(**self.arguments(learning_rate, momentum))


@dataclass(frozen=True)
class SGDTable(OptimizerTable):
    """Stochastic gradient descent with momentum."""

    name: Literal["sgd"] = "sgd"
    learning_rate: Annotated[float, Range(1e-6, 1)] = 0.1
    momentum: Annotated[float, Range(0, 1, open_low=True, open_high=True)] = 0.9
    """Share of the last update kept in the next one."""
    nesterov: bool = True
    """Whether the gradient is taken ahead of the momentum step."""

    momentum_key: ClassVar = "momentum"

    def build(
        self, learning_rate: Any, momentum: Any = None
    ) -> "keras.optimizers.Optimizer":
        """Return a `kerasdl.optimizers.SGD`."""
        from kerasdl.optimizers.sgd import SGD

        return SGD(**self.arguments(learning_rate, momentum))
