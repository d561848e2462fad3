"""Every key of a config: its type, its range, its default and its meaning.

`Annotated[int, Range(1, 1000)]` states a range, a `Choice` a table whose keys depend on
one of them.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from kerasdl.config.rules import Choice, Fraction, Range

DATA = Choice("kinds", "arrays", key="kind", inferred=True)
MODEL = Choice("families", "mlp")
OPTIMIZER = Choice("optimizers", "adamw")
SCHEDULE = Choice("schedules", "warmup-linear")


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
class Loss:
    """Cross-entropy of classes and of next tokens, mean squared error of numbers."""

    label_smoothing: Fraction = 0.0
    """Probability mass taken from the true class or token."""
    smoothing: Literal["uniform", "others"] = "uniform"
    """Where that mass goes: to all K classes, or to the K−1 others."""


@dataclass(frozen=True)
class Training:
    """How long and in what portions."""

    epochs: Annotated[int, Range(1, 1000)] = 40
    """Passes over the training split, at most."""
    schedule_epochs: Literal["auto"] | Annotated[int, Range(1, 1000)] = "auto"
    """Epochs that the schedule is drawn over; `auto` takes `epochs`. If it is fewer, the
    learning rate stays at the last one for the rest."""
    batch_size: Annotated[int, Range(1, 65_536)] = 64
    """Examples in a step."""
    accumulate: Annotated[int, Range(1, 1024)] = 1
    """Batches of one update of the weights, which is that by all their examples at once;
    the last update of an epoch takes the batches that are left."""
    mixup: Annotated[float, Range(0, 100)] = 0.0
    """Mixes the examples of a batch in pairs, with shares of Beta(α, α); 0 does not."""
    cutmix: Annotated[float, Range(0, 100)] = 0.0
    """Puts a box of one image into another, with areas of Beta(α, α); 0 does not."""
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
    """Batches between two checkpoints, also where several make one update under
    `training.accumulate`; 0 counts none."""
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
    data: Annotated[Any, DATA] = field(default_factory=DATA.make)
    """Where the examples come from."""
    model: Annotated[Any, MODEL] = field(default_factory=MODEL.make)
    """The architecture."""
    loss: Loss = field(default_factory=Loss)
    """What is minimised."""
    optimizer: Annotated[Any, OPTIMIZER] = field(default_factory=OPTIMIZER.make)
    """How it is minimised."""
    schedule: Annotated[Any, SCHEDULE] = field(default_factory=SCHEDULE.make)
    """The learning rate over the steps."""
    training: Training = field(default_factory=Training)
    """How long and in what portions."""
    precision: Precision = field(default_factory=Precision)
    """The dtype of arithmetic."""
    checkpoint: Checkpoint = field(default_factory=Checkpoint)
    """When the run is saved."""
