"""Every key of a config: its type, its range, its default and its meaning.

`Annotated[int, Range(1, 1000)]` states a range; a union of dataclasses, each with a
literal `name`, states a table whose keys depend on that name.
"""

from collections.abc import Sized
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal


@dataclass(frozen=True)
class Range:
    """The values a number may take.

    Args:
        low: Smallest value.
        high: Largest value.
        open_low: Whether `low` itself is left out.
        open_high: Whether `high` itself is left out.
    """

    low: float
    high: float
    open_low: bool = False
    open_high: bool = False

    def complaint(self, value: Any) -> str | None:
        """Return the rule that `value` breaks, or None."""
        above = value > self.low if self.open_low else value >= self.low
        below = value < self.high if self.open_high else value <= self.high
        if above and below:
            return None
        low_sign = "<" if self.open_low else "≤"
        high_sign = "<" if self.open_high else "≤"
        return f"must satisfy {self.low} {low_sign} value {high_sign} {self.high}"


@dataclass(frozen=True)
class NotEmpty:
    """A list that must hold at least one item."""

    def complaint(self, value: Sized) -> str | None:
        """Return the rule that `value` breaks, or None."""
        return None if len(value) else "must not be empty"


Fraction = Annotated[float, Range(0, 1, open_high=True)]
Width = Annotated[int, Range(1, 65_536)]


@dataclass(frozen=True)
class About:
    """What a preset is; never inherited, since it speaks of one recipe alone."""

    summary: str = ""
    """One line for `kerasdl presets`."""
    source: str = ""
    """The paper or document the recipe comes from."""
    command: str = ""
    """The command that runs it."""
    measured: str = ""
    """Score and time, with the date and the core count of the machine."""


@dataclass(frozen=True)
class Data:
    """Where the examples come from and how they are split."""

    name: str = "digits"
    """A built-in set, a `keras.datasets` name, or the path of an `.npz` file."""
    task: Literal["classification", "regression"] = "classification"
    """What is predicted: a class (integer labels) or a number."""
    num_classes: Literal["auto"] | Annotated[int, Range(2, 1_000_000)] = "auto"
    """Number of classes; `auto` is the largest label plus one."""
    validation_fraction: Fraction = 0.15
    """Share of the training examples held out to choose the best epoch."""
    test_fraction: Annotated[float, Range(0, 1, open_low=True, open_high=True)] = 0.2
    """Share of all examples held out for the final score, unless the data has its
    own test set."""
    standardize: Literal["channel", "feature", "none"] = "channel"
    """Subtract the mean and divide by the standard deviation of the training split:
    for each channel of an image or feature of a row, for each pixel, or not at all."""


@dataclass(frozen=True)
class MLP:
    """Dense layers with batch normalisation and dropout."""

    name: Literal["mlp"] = "mlp"
    """The family."""
    hidden_units: Annotated[tuple[Width, ...], NotEmpty()] = (256, 128)
    """Width of each hidden layer."""
    dropout: Fraction = 0.3
    """Share of hidden activations zeroed in a training step."""


@dataclass(frozen=True)
class CNN:
    """A residual network for images."""

    name: Literal["cnn"] = "cnn"
    """The family."""
    filters: Annotated[tuple[Width, ...], NotEmpty()] = (64, 128, 256)
    """Channels of each residual block; every block after the first halves the image."""
    stem: Literal["auto", "large", "small"] = "auto"
    """`large`: 7×7 convolution, stride 2, then 3×3 max-pooling, stride 2. `small`: 3×3
    convolution, stride 1. `auto`: `small` for images under 64 pixels."""


@dataclass(frozen=True)
class Loss:
    """Cross-entropy for classification, mean squared error for regression."""

    label_smoothing: Fraction = 0.0
    """Probability mass taken from the true class (classification only)."""
    smoothing: Literal["uniform", "others"] = "uniform"
    """Where that mass goes: to all K classes, or to the K−1 others."""


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
    """Added to the root of the mean of squared gradients."""
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


@dataclass(frozen=True)
class Training:
    """How long and in what portions."""

    epochs: Annotated[int, Range(1, 1000)] = 40
    """Passes over the training split, at most."""
    batch_size: Annotated[int, Range(1, 65_536)] = 64
    """Examples in a step."""
    accumulate: Annotated[int, Range(1, 1024)] = 1
    """Steps whose gradients are averaged into one update of the weights."""
    seed: Annotated[int, Range(0, 2**31 - 1)] = 0
    """Decides the split, the initial weights, the data order and the dropout masks."""
    monitor: str = "val_loss"
    """The metric that chooses the best epoch."""
    patience: Annotated[int, Range(0, 1000)] = 0
    """Epochs without a better `monitor` after which training stops; 0 never stops."""
    max_skipped: Annotated[int, Range(0, 10**6)] = 10
    """Steps in a row skipped for a gradient that is not finite, after which the run has
    diverged; 0 goes on for as long as an epoch has a good step."""
    accelerate: bool = True
    """Whether steps are fused; off, Keras's own loop trains."""
    compile: bool = False
    """Whether PyTorch compiles the fused step: slow to begin, then faster."""
    steps_per_execution: Literal["auto"] | Annotated[int, Range(1, 1024)] = "auto"
    """Steps between two looks at the training; `auto` takes few of a large model and
    many of a small one."""


@dataclass(frozen=True)
class Precision:
    """The dtype of variables and of arithmetic."""

    policy: Literal["float32", "mixed_bfloat16", "mixed_float16"] = "float32"
    """Keras dtype policy; logits and loss stay float32, float16 scales its loss."""


@dataclass(frozen=True)
class Checkpoint:
    """How often the run is saved, so that it can be resumed."""

    every_steps: Annotated[int, Range(0, 10**9)] = 0
    """Steps between two checkpoints; 0 counts none."""
    every_epochs: Literal["auto"] | Annotated[int, Range(0, 1000)] = "auto"
    """Epochs between two; 0 counts none, `auto` saves after each, but lets fifty times
    as long pass as saving takes."""
    every_minutes: Literal["auto"] | Annotated[float, Range(0, 1440)] = "auto"
    """Minutes between two; 0 counts none, `auto` is one, or longer by the same rule."""
    keep: Annotated[int, Range(2, 1000)] = 2
    """How many of the newest stay; the best stays as well."""


@dataclass(frozen=True)
class Config:
    """One run, whole."""

    about: About = field(default_factory=About)
    """What the recipe is."""
    data: Data = field(default_factory=Data)
    """Where the examples come from."""
    model: MLP | CNN = field(default_factory=MLP)
    """The architecture."""
    loss: Loss = field(default_factory=Loss)
    """What is minimised."""
    optimizer: AdamW | SGD = field(default_factory=AdamW)
    """How it is minimised."""
    schedule: WarmupLinear | OneCycle | Constant = field(default_factory=WarmupLinear)
    """The learning rate over the steps."""
    training: Training = field(default_factory=Training)
    """How long and in what portions."""
    precision: Precision = field(default_factory=Precision)
    """The dtype of arithmetic."""
    checkpoint: Checkpoint = field(default_factory=Checkpoint)
    """When the run is saved."""
