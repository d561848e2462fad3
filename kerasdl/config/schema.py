"""The schema of a config: type, range, default and meaning of every key.

`Annotated[int, Range(1, 1000)]` gives a range. A `Choice` marks a table whose keys
depend on one of them.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from kerasdl.config.rules import Choice, ClassWeights, Fraction, NotEmpty, Range
from kerasdl.errors import ConfigError

DATA = Choice("kinds", "arrays", key="kind", inferred=True)
MODEL = Choice("families", "mlp")
OPTIMIZER = Choice("optimizers", "adamw")
SCHEDULE = Choice("schedules", "warmup-linear")


@dataclass(frozen=True)
class About:
    """The description of a preset; never inherited, since it is about one recipe."""

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
    """Cross-entropy for classes and next tokens, mean squared error for numbers."""

    label_smoothing: Fraction = 0.0
    """Probability mass taken from the true class or token."""
    smoothing: Literal["uniform", "others"] = "uniform"
    """Where that mass goes: to all K classes, or to the K−1 others."""


@dataclass(frozen=True)
class Transfer:
    """What a model knows before it is trained."""

    weights: str = ""
    """A run, or a file or folder of published weights, to begin with. The last layer is
    re-initialised if it has other outputs. Without any, initial weights are random."""
    unfreeze: (
        Literal["all", "none"]
        | Annotated[int, Range(1, 1000)]
        | Annotated[tuple[str, ...], NotEmpty()]
    ) = "all"
    """What is trained: `all`, the last layer alone (`none`), or that and the last few
    blocks, or the layers of these names, such as `["norm", "block_1?"]`. Frozen layers
    run in inference mode."""
    head_epochs: Annotated[int, Range(0, 1000)] = 0
    """Epochs in which the last layer alone is trained, before those of
    `training.epochs`. Each of the two stages has a schedule of its own, with its
    warm-up, and an optimizer that begins anew."""
    head_learning_rate: Literal["auto"] | Annotated[float, Range(0, 10)] = "auto"
    """Highest learning rate of these epochs; `auto` is that of the optimizer."""
    layer_decay: Annotated[float, Range(0, 1, open_low=True)] = 1.0
    """Factor of the learning rate from each block to the one before it."""
    lora_rank: Annotated[int, Range(0, 1024)] = 0
    """Rank of updates that are trained instead of the weights of some layers; 0 trains
    the weights themselves."""
    lora_alpha: Literal["auto"] | Annotated[float, Range(0, 10_000)] = "auto"
    """Size of these updates, which are divided by the rank; `auto` is the rank."""
    lora_layers: tuple[str, ...] = ("query", "value")
    """Names of the dense layers and embeddings that have them, in any trained block."""

    def faults(self) -> list[ConfigError]:
        """Return errors for keys that have no meaning without others."""
        usual, faults = Transfer(), []
        needed = {
            "head_learning_rate": ("head_epochs", 0),
            "lora_alpha": ("lora_rank", 0),
            "lora_layers": ("lora_rank", 0),
        }
        for key, (other, off) in needed.items():
            is_set = getattr(self, key) != getattr(usual, key)
            if is_set and getattr(self, other) == off:
                what = f"transfer.{key} (={getattr(self, key)!r}) has no meaning"
                faults.append(ConfigError(what, f"set transfer.{other}, or remove it"))
        if self.lora_rank and self.unfreeze == "none":
            what = "transfer.lora_rank needs layers that are trained"
            faults.append(ConfigError(what, "set transfer.unfreeze, or remove it"))
        return faults

    def check_source(self) -> None:
        """Raise `ConfigError` if there are no weights of that name."""
        places = Path(self.weights), Path("runs", self.weights)
        try:
            is_there = not self.weights or any(place.exists() for place in places)
        except (OSError, ValueError):  # a loop of links, or a zero byte
            is_there = False
        if not is_there:
            what = f"transfer.weights (={self.weights!r}) does not exist"
            raise ConfigError(what, "give a run, or a file or folder of weights")


@dataclass(frozen=True)
class Training:
    """How long to train, in which batches, and when to stop."""

    epochs: Annotated[int, Range(1, 1000)] = 40
    """Passes over the training split, at most."""
    schedule_epochs: Literal["auto"] | Annotated[int, Range(1, 1000)] = "auto"
    """Epochs that the schedule covers; `auto` takes `epochs`. Afterwards the learning
    rate keeps its last value."""
    batch_size: Literal["auto"] | Annotated[int, Range(1, 65_536)] = 64
    """Examples per batch; `auto` takes 32 to 1,024, more for more training examples."""
    examples: Literal["all"] | Annotated[int, Range(1, 1_000_000_000)] = "all"
    """Most training examples; of more, some are drawn by `data.split_seed`."""
    batch_scaling: Literal["none", "linear", "sqrt"] = "none"
    """What the learning rate does if an update takes other than `reference_batch`
    examples: nothing, or it grows with their number (`linear`: Goyal et al. 2017,
    https://arxiv.org/abs/1706.02677) or its root (`sqrt`). Warm up at large batches."""
    reference_batch: Annotated[int, Range(1, 65_536)] = 256
    """Examples of an update at which the learning rate is that of `[optimizer]`."""
    accumulate: Annotated[int, Range(1, 1024)] = 1
    """Batches per weight update, which equals that of one large batch. The last update
    of an epoch takes the remaining batches."""
    mixup: Annotated[float, Range(0, 100)] = 0.0
    """Mixes the examples of a batch in pairs, with shares from Beta(α, α); 0 is off."""
    cutmix: Annotated[float, Range(0, 100)] = 0.0
    """Pastes a box of one image into another, its area from Beta(α, α); 0 is off."""
    class_weights: Literal["none", "balanced"] | ClassWeights = "none"
    """Weight of each class in the training loss: all the same (`none`), the same total
    for each class (`balanced`), or as a table says, such as `{bad = 5, good = 1}`. Only
    their ratios matter; validation and scores are not weighted."""
    seed: Annotated[int, Range(0, 2**31 - 1)] = 0
    """Seed of the split, the initial weights, the data order and the dropout masks."""
    monitor: str = "val_loss"
    """The metric or validation score that selects the best epoch."""
    validation_scores: bool = False
    """Whether to log all scores of the validation split after each epoch, such as
    `val_roc_auc`; a `monitor` that is one of them turns it on."""
    patience: Annotated[int, Range(0, 1000)] = 0
    """Epochs without a better `monitor` after which training stops; 0 never stops."""
    max_skipped: Annotated[int, Range(0, 10**6)] = 10
    """Consecutive steps skipped for a non-finite gradient after which the run has
    diverged. 0 continues while every epoch has a finite step."""
    accelerate: bool = True
    """Whether to fuse steps; if false, Keras's own loop trains."""
    compile: bool = False
    """Whether PyTorch compiles the fused step: slower to start, then faster."""
    steps_per_execution: Literal["auto"] | Annotated[int, Range(1, 1024)] = "auto"
    """Steps between two calls of batch callbacks; `auto` takes few for a large model and
    many for a small one."""

    def faults(self) -> list[ConfigError]:
        """Return errors for keys that have no meaning without others."""
        batch = self.reference_batch
        if self.batch_scaling != "none" or batch == Training().reference_batch:
            return []
        what = f"training.reference_batch (={batch}) has no meaning"
        return [ConfigError(what, "set training.batch_scaling, or remove it")]

    @property
    def rate_factor(self) -> float:
        """What the learning rate is multiplied by, for the examples of an update."""
        power = {"none": 0.0, "linear": 1.0, "sqrt": 0.5}[self.batch_scaling]
        return (
            self.examples_per_batch * self.accumulate / self.reference_batch
        ) ** power

    @property
    def examples_per_batch(self) -> int:
        """`batch_size` as a number, once `auto` is replaced by one."""
        assert self.batch_size != "auto"
        return self.batch_size


@dataclass(frozen=True)
class Precision:
    """The dtypes of variables and of computation."""

    policy: Literal["float32", "mixed_bfloat16", "mixed_float16"] = "float32"
    """Keras dtype policy; logits and loss stay float32, float16 scales its loss."""


@dataclass(frozen=True)
class Checkpoint:
    """When the run saves checkpoints, from which it can be resumed."""

    every_steps: Annotated[int, Range(0, 10**9)] = 0
    """Batches between two checkpoints, even if `training.accumulate` makes one update of
    several; 0 is off."""
    every_epochs: Literal["auto"] | Annotated[int, Range(0, 1000)] = "auto"
    """Epochs between two checkpoints; 0 is off. `auto` saves after each epoch, but waits
    at least fifty times as long as a save takes."""
    every_minutes: Literal["auto"] | Annotated[float, Range(0, 1440)] = "auto"
    """Minutes between two checkpoints; 0 is off. `auto` is 1, or more by the same rule."""
    keep: Annotated[int, Range(2, 1000)] = 2
    """How many of the newest checkpoints to keep; the best one is also kept."""


@dataclass(frozen=True)
class Diagnostics:
    """What is measured while the run trains."""

    every_epochs: Literal["auto"] | Annotated[int, Range(0, 1000)] = "auto"
    """Epochs between two measurements of the layers: gradients, updates, activations and
    dead units; 0 is off. `auto` measures about every 10,000 batches."""


@dataclass(frozen=True)
class Config:
    """The resolved config of one run."""

    about: About = field(default_factory=About)
    """The description of the recipe."""
    data: Annotated[Any, DATA] = field(default_factory=DATA.make)
    """Where the examples come from."""
    model: Annotated[Any, MODEL] = field(default_factory=MODEL.make)
    """The architecture."""
    transfer: Transfer = field(default_factory=Transfer)
    """What the model knows before it is trained."""
    loss: Loss = field(default_factory=Loss)
    """The loss that training minimises."""
    optimizer: Annotated[Any, OPTIMIZER] = field(default_factory=OPTIMIZER.make)
    """The optimizer that minimises it."""
    schedule: Annotated[Any, SCHEDULE] = field(default_factory=SCHEDULE.make)
    """The learning rate over the steps."""
    training: Training = field(default_factory=Training)
    """How long to train, in which batches, and when to stop."""
    precision: Precision = field(default_factory=Precision)
    """The dtypes of variables and of computation."""
    checkpoint: Checkpoint = field(default_factory=Checkpoint)
    """When the run saves checkpoints."""
    diagnostics: Diagnostics = field(default_factory=Diagnostics)
    """What is measured while the run trains."""
