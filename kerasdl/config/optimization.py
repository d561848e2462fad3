"""The tables `[optimizer]` and `[schedule]`, by their name."""

from dataclasses import dataclass
from typing import Annotated, Literal

from kerasdl.config.rules import Fraction, Range

LearningRate = Annotated[float, Range(1e-6, 1)]
ClipNorm = Annotated[float, Range(0, 1e6)]
EmaMomentum = Annotated[float, Range(0, 1, open_high=True)]


@dataclass(frozen=True)
class AdamW:
    """Adam with decoupled weight decay."""

    name: Literal["adamw"] = "adamw"
    """The optimizer."""
    learning_rate: LearningRate = 1e-3
    """The highest learning rate of the schedule."""
    weight_decay: Annotated[float, Range(0, 1)] = 0.01
    """Decay of kernels for each unit of learning rate; never on biases and norms."""
    beta_1: Fraction = 0.9
    """Decay rate of the mean of gradients."""
    beta_2: Fraction = 0.999
    """Decay rate of the mean of squared gradients."""
    epsilon: Annotated[float, Range(0, 1, open_low=True)] = 1e-8
    """Added to the root of the mean of squared gradients before that is corrected for
    its start at 0, as in Keras; PyTorch adds it after. At step t it weighs as much as
    `epsilon / sqrt(1 - beta_2**t)` does there: 32 times as much at the first."""
    global_clipnorm: ClipNorm = 1.0
    """Largest global gradient norm; 0 leaves gradients as they are."""
    ema_momentum: EmaMomentum = 0.0
    """Share of the old in the moving average of the weights, which is then what is
    validated and kept; 0 keeps the weights themselves."""


@dataclass(frozen=True)
class SGD:
    """Stochastic gradient descent with momentum."""

    name: Literal["sgd"] = "sgd"
    """The optimizer."""
    learning_rate: LearningRate = 0.1
    """The highest learning rate of the schedule."""
    weight_decay: Annotated[float, Range(0, 1)] = 0.01
    """Decay of kernels for each unit of learning rate; never on biases and norms."""
    momentum: Annotated[float, Range(0, 1, open_low=True, open_high=True)] = 0.9
    """Share of the last update kept in the next one."""
    nesterov: bool = True
    """Whether the gradient is taken ahead of the momentum step."""
    global_clipnorm: ClipNorm = 1.0
    """Largest global gradient norm; 0 leaves gradients as they are."""
    ema_momentum: EmaMomentum = 0.0
    """Share of the old in the moving average of the weights, which is then what is
    validated and kept; 0 keeps the weights themselves."""


@dataclass(frozen=True)
class Constant:
    """The same learning rate at every step."""

    name: Literal["constant"] = "constant"
    """The schedule."""


@dataclass(frozen=True)
class WarmupLinear:
    """A linear rise to the learning rate, then a linear fall to zero."""

    name: Literal["warmup-linear"] = "warmup-linear"
    """The schedule."""
    warmup_fraction: Fraction = 0.1
    """Share of all steps spent rising."""


@dataclass(frozen=True)
class OneCycle:
    """A cosine rise to the learning rate, then a cosine fall far below the start."""

    name: Literal["one-cycle"] = "one-cycle"
    """The schedule."""
    pct_start: Annotated[float, Range(0, 1, open_low=True, open_high=True)] = 0.3
    """Share of all steps spent rising."""
    div_factor: Annotated[float, Range(1, 1e9)] = 25.0
    """Highest learning rate divided by the first one."""
    final_div_factor: Annotated[float, Range(1, 1e9)] = 1e4
    """First learning rate divided by the last one."""
    cycle_momentum: bool = True
    """Whether momentum, or AdamW's β₁, is cycled against the learning rate, in the
    place of `optimizer.momentum` or `optimizer.beta_1`."""
    base_momentum: Fraction = 0.85
    """Momentum where the learning rate is highest."""
    max_momentum: Annotated[float, Range(0, 1, open_low=True, open_high=True)] = 0.95
    """Momentum at the first and at the last step."""


@dataclass(frozen=True)
class Cosine:
    """A linear rise to the learning rate, then half a cosine down to a share of it."""

    name: Literal["cosine"] = "cosine"
    """The schedule."""
    warmup_fraction: Fraction = 0.0
    """Share of all steps spent rising."""
    floor: Fraction = 0.01
    """What the fall ends at after the last step, divided by the highest rate."""


@dataclass(frozen=True)
class StepDecay:
    """The learning rate, cut down after every so many steps."""

    name: Literal["step-decay"] = "step-decay"
    """The schedule."""
    every_fraction: Annotated[float, Range(0, 1, open_low=True)] = 0.3
    """Share of all steps between two cuts."""
    factor: Annotated[float, Range(0, 1, open_low=True, open_high=True)] = 0.1
    """What is left of the learning rate after a cut."""


@dataclass(frozen=True)
class InverseSquareRoot:
    """A linear rise to the learning rate, then a fall with the root of the step."""

    name: Literal["inverse-square-root"] = "inverse-square-root"
    """The schedule."""
    warmup_fraction: Annotated[float, Range(0, 1, open_low=True, open_high=True)] = 0.1
    """Share of all steps spent rising; after four times as many, half is left."""


@dataclass(frozen=True)
class Plateau:
    """The learning rate, cut down whenever `training.monitor` stops improving."""

    name: Literal["plateau"] = "plateau"
    """The schedule."""
    factor: Annotated[float, Range(0, 1, open_low=True, open_high=True)] = 0.5
    """What is left of the learning rate after a cut."""
    patience: Annotated[int, Range(0, 1000)] = 5
    """Epochs without improvement that are let pass; the next one is followed by a
    cut."""
    threshold: Fraction = 1e-4
    """Share of the best `training.monitor` by which a better one must differ."""
