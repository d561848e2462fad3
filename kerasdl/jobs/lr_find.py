"""Find a learning rate by a sweep from the initial weights."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count, islice
from typing import Any

import keras
import numpy as np

from kerasdl.checkpoint.undisturbed import undisturbed
from kerasdl.config import Config
from kerasdl.diagnostics.rate_sweep import RateSweep, has_diverged, tried
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
    """Find a learning rate for a run to be, as `lr_find` does.

    Args:
        config: The config of the run; its schedule is not used.
        lowest: The first rate.
        highest: The last rate, unless the loss diverges before.
        steps: Steps of the sweep; a short run takes three fifths as many.
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
    """Find a learning rate for a compiled model, and leave the model as it was.

    From the same weights it sweeps the rate, then tries a few rates in short runs with
    warm-up and decay, on the batches of the sweep. Its optimizer, its metrics and all
    random generators are as before, too::

        sweep = kerasdl.lr_find(model, loader)
        model.optimizer.learning_rate = sweep.suggested

    Args:
        model: The model, compiled with a learning rate that is a number.
        batches: Batches `(x, y)` or `(x, y, weights)`, enough of them.
        lowest: The first rate.
        highest: The last rate, unless the loss diverges before.
        steps: Steps of the sweep; a short run takes three fifths as many.
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
        sweep, used = _swept(model, iter(batches), rates, accumulate)
    if sweep.valley is None:
        return sweep

    def short_run(rate: float) -> float:
        with undisturbed(model):
            return _short_run(model, used, rate, accumulate)

    return replace(sweep, trials=tried(sweep.valley, short_run))


def _swept(
    model: keras.Model,
    batches: Iterator[tuple[Any, ...]],
    rates: np.ndarray,
    accumulate: int,
) -> tuple[RateSweep, list[tuple[Any, ...]]]:
    """Return the sweep and its batches; the loss of a step is that before the next."""
    losses: list[float] = []
    used: list[tuple[Any, ...]] = []
    for rate in [*rates, rates[-1]]:
        drawn = [*islice(batches, accumulate)]
        if len(drawn) < accumulate:
            raise DataError(
                "the data end before the sweep", "repeat them, or sweep less"
            )
        used += drawn
        losses.append(_step(model, rate, drawn))
        if has_diverged(losses):
            break
    if not np.isfinite(losses[0]):
        what = f"the loss of the first batch is {losses[0]}"
        raise DataError(what, "check inputs, targets and initial weights")
    after = [loss for loss in losses[1:] if np.isfinite(loss)]
    return RateSweep(rates[: len(after)], np.array(after)), used


def _short_run(
    model: keras.Model, batches: list[tuple[Any, ...]], rate: float, accumulate: int
) -> float:
    """Return the mean loss of the last steps of a run with warm-up and decay."""
    steps = max(len(batches) // accumulate * 3 // 5, 2)
    warm_up, losses = max(1, steps // 10), []
    for step in range(steps):
        share = min((step + 1) / warm_up, (steps - step) / (steps - warm_up))
        used = batches[step * accumulate : (step + 1) * accumulate]
        losses.append(_step(model, rate * share, used))
        if not np.isfinite(losses[-1]):
            return np.inf
    return float(np.mean(losses[-max(1, steps // 5) :]))


def _step(model: keras.Model, rate: float, batches: list[tuple[Any, ...]]) -> float:
    """Take a step, and return the mean loss of its batches before it."""
    model.optimizer.learning_rate = rate
    losses = []
    for batch in batches:
        model.reset_metrics()
        losses.append(float(model.train_on_batch(*batch, return_dict=True)["loss"]))
    return float(np.mean(losses))
