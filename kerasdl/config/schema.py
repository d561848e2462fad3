"""Every key of a config: its type, its range, its default and its meaning.

`Annotated[int, Range(1, 1000)]` states a range; a union of dataclasses, each with a
literal `name`, states a table whose keys depend on that name.
"""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from kerasdl.config.models import MLP, Model
from kerasdl.config.optimization import AdamW, Optimizer, Schedule, WarmupLinear
from kerasdl.config.rules import Fraction, Range


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
    """A built-in set, a `keras.datasets` name, or the path of an `.npz` or `.txt` file;
    empty in a recipe for data of one's own."""
    task: Literal[
        "classification", "regression", "language-modelling", "reconstruction"
    ] = "classification"
    """What is predicted: a class, a number, the next token of a text, or the input."""
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
    tokens: Literal["characters", "words"] = "characters"
    """What texts are cut into; in language modelling, characters."""
    max_length: Annotated[int, Range(2, 65_536)] = 128
    """Tokens of an input. To be classified, longer texts are cut and shorter ones
    padded; in language modelling, a text is a row of such windows."""
    vocabulary_size: Annotated[int, Range(4, 10_000_000)] = 10_000
    """Token ids, at most; the tokens rarest in the training split count as unknown."""
    stride: Literal["auto"] | Annotated[int, Range(1, 65_536)] = "auto"
    """Tokens between the beginnings of two training windows of language modelling;
    `auto` is `max_length`, so that none overlap."""


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
    data: Data = field(default_factory=Data)
    """Where the examples come from."""
    model: Model = field(default_factory=MLP)
    """The architecture."""
    loss: Loss = field(default_factory=Loss)
    """What is minimised."""
    optimizer: Optimizer = field(default_factory=AdamW)
    """How it is minimised."""
    schedule: Schedule = field(default_factory=WarmupLinear)
    """The learning rate over the steps."""
    training: Training = field(default_factory=Training)
    """How long and in what portions."""
    precision: Precision = field(default_factory=Precision)
    """The dtype of arithmetic."""
    checkpoint: Checkpoint = field(default_factory=Checkpoint)
    """When the run is saved."""
