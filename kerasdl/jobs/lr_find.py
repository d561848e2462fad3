"""Find a learning rate by a sweep from the initial weights."""

from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any

import keras
import numpy as np

from kerasdl.checkpoint.undisturbed import undisturbed
from kerasdl.config import Config
from kerasdl.diagnostics.rate_sweep import RateSweep, has_diverged
from kerasdl.errors import ConfigError, DataError
from kerasdl.jobs.build_session import build_session
from kerasdl.jobs.constant_rate import compile_constant

LOWEST, HIGHEST, STEPS = 1e-6, 10.0, 100


def lr_find_of_run(
    config: Config,
    *,
    lowest: float = LOWEST,
    highest: float = HIGHEST,
    steps: int = STEPS,
    download: bool = False,
) -> RateSweep:
    """Sweep the learning rate of a run to be.

    Args:
        config: The config of the run; its schedule is not used.
        lowest: The first rate.
        highest: The last rate, unless the loss diverges before.
        steps: Steps of the optimizer.
        download: As for `assemble.source`.

    Raises:
        ConfigError: If the data do not fit the model.
        DataError: If the data cannot be learned from.
    """
    session = build_session(config, download=download)
    compile_constant(session)
    batches, accumulate = session.batches, session.config.training.accumulate

    def endless() -> Iterator[tuple[Any, ...]]:
        for number in count():
            epoch = batches.epoch(number)
            for index in range(len(epoch)):
                yield epoch[index]

    return lr_find(session.model, endless(), lowest, highest, steps, accumulate)


def lr_find(
    model: keras.Model,
    batches: Iterable[tuple[Any, ...]],
    lowest: float = LOWEST,
    highest: float = HIGHEST,
    steps: int = STEPS,
    accumulate: int = 1,
) -> RateSweep:
    """Sweep the learning rate of a compiled model, and leave the model as it was.

    Its optimizer, its metrics and all random generators are as before, too::

        sweep = kerasdl.lr_find(model, loader)
        model.optimizer.learning_rate = sweep.suggested

    Args:
        model: The model, compiled with a learning rate that is a number.
        batches: Batches `(x, y)` or `(x, y, weights)`, enough of them.
        lowest: The first rate.
        highest: The last rate, unless the loss diverges before.
        steps: Steps of the optimizer.
        accumulate: Batches of a step.

    Raises:
        ConfigError: If the learning rate is a schedule.
        DataError: If there are too few batches, or the first loss is not finite.
    """
    optimizer = model.optimizer
    if not isinstance(optimizer.learning_rate, keras.Variable):
        what = "the model is compiled with a learning-rate schedule"
        raise ConfigError(what, "compile it with a number to sweep it")
    rates = np.geomspace(lowest, highest, steps)
    with undisturbed(model):
        return _swept(model, iter(batches), rates, accumulate)


def _swept(
    model: keras.Model,
    batches: Iterator[tuple[Any, ...]],
    rates: np.ndarray,
    accumulate: int,
) -> RateSweep:
    """Return the sweep; the loss of a step is that of the batch before it."""
    losses: list[float] = []
    for rate in [*rates, rates[-1]]:
        model.optimizer.learning_rate = rate
        loss = float(
            np.mean([_loss(model, next(batches, None)) for _ in range(accumulate)])
        )
        losses.append(loss)
        if has_diverged(losses):
            break
    if not np.isfinite(losses[0]):
        what = f"the loss of the first batch is {losses[0]}"
        raise DataError(what, "check inputs, targets and initial weights")
    after = [loss for loss in losses[1:] if np.isfinite(loss)]
    return RateSweep(rates[: len(after)], np.array(after))


def _loss(model: keras.Model, batch: tuple[Any, ...] | None) -> float:
    if batch is None:
        raise DataError("the data end before the sweep", "repeat them, or sweep less")
    model.reset_metrics()
    return float(model.train_on_batch(*batch, return_dict=True)["loss"])
