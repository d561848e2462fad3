"""What is allowed, and seldom wise."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kerasdl.config import Config
from kerasdl.finding import Finding

if TYPE_CHECKING:
    from kerasdl.jobs.session import Session

LARGEST_ADAM = 0.1
"""A higher rate of Adam is told."""
CLIPPED = ("rnn", "bert", "gpt", "vit")
"""Families that are trained with clipped gradients."""


def habits(config: Config, session: "Session") -> Iterator[Finding]:
    """Yield findings about a config that experience advises against."""
    optimizer = config.optimizer
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
    if optimizer.name != "sgd" and optimizer.learning_rate > LARGEST_ADAM:
        yield Finding(
            "learning-rate",
            f"the learning rate of {optimizer.name} is {optimizer.learning_rate:g}",
            "try kerasdl lr-find",
            "optimizer.learning_rate",
            optimizer.learning_rate,
            f"<= {LARGEST_ADAM:g}",
            why="a step of Adam moves each weight by about the rate, whatever the gradient",
        )
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
