"""What is allowed, and seldom wise."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kerasdl import backend
from kerasdl.config import Config
from kerasdl.diagnostics.rate_findings import rate_findings
from kerasdl.finding import Finding
from kerasdl.jobs.optimizer_habits import coupled_decay

if TYPE_CHECKING:
    from kerasdl.jobs.session import Session

CLIPPED = ("rnn", "bert", "gpt", "vit")
"""Families that are trained with clipped gradients."""
LARGE_BATCH = 1024
"""Examples of an update from which the default rate is too low."""


def habits(config: Config, session: "Session") -> Iterator[Finding]:
    """Yield findings about a config that experience advises against."""
    if not len(session.dataset.validation):
        yield Finding(
            "no-validation",
            "no examples are held out for validation",
            "set data.validation_fraction, 0.15 by default",
            "data.validation_fraction",
            0.0,
            "> 0",
            why="the best epoch is chosen by the training loss, which overfitting lowers",
        )
    yield from training_habits(config)


def training_habits(config: Config) -> Iterator[Finding]:
    """Yield findings about the optimizer, its batches and the precision."""
    optimizer = config.optimizer
    rate = optimizer.learning_rate
    yield from rate_findings(optimizer.name, rate, "optimizer.learning_rate")
    if config.model.name in CLIPPED and not optimizer.global_clipnorm:
        yield Finding(
            "no-clipping",
            f"gradients of {config.model.name!r} are not clipped",
            "set optimizer.global_clipnorm to 1",
            "optimizer.global_clipnorm",
            0.0,
            "> 0",
            why="through many steps or layers a gradient may grow without bound; Pascanu "
            "et al. 2013, https://arxiv.org/abs/1211.5063",
        )
    if optimizer.name == "adam" and optimizer.weight_decay:
        yield coupled_decay("adam", "optimizer.weight_decay")
    update = config.training.examples_per_batch * config.training.accumulate
    if update >= LARGE_BATCH and rate <= type(optimizer)().learning_rate:
        yield _large_batch(update, rate)
    devices = [
        each for each in backend.current().devices() if "cpu" not in each.lower()
    ]
    if devices and config.precision.policy == "float32":
        yield _float32(devices[0])


def _large_batch(examples: int, rate: float) -> Finding:
    return Finding(
        "large-batch",
        f"an update has {examples:,} examples, and the learning rate {rate:g} is not "
        "above its default",
        "raise --lr: in proportion to the batch for SGD, to its root for Adam",
        "training.batch_size",
        examples,
        f"< {LARGE_BATCH:,}",
        why="fewer updates of the same size learn less in the same epochs; Goyal et al. "
        "2017, https://arxiv.org/abs/1706.02677, and Malladi et al. 2022, "
        "https://arxiv.org/abs/2205.10287",
    )


def _float32(device: str) -> Finding:
    return Finding(
        "precision",
        f"float32 does not use what {device} has for 16 bits",
        "try --precision mixed_bfloat16, if it has bfloat16, as since 2020",
        "precision.policy",
        "float32",
        "mixed_bfloat16",
        "info",
        why="it multiplies several times as fast, and its range is that of float32; "
        "Kalamkar et al. 2019, https://arxiv.org/abs/1905.12322",
    )
