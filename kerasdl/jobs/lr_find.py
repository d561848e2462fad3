"""Find a learning rate by a sweep from the initial weights."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count, islice
from typing import Any

import keras
import numpy as np

from kerasdl.backend.feed import HeldOutFeed, own_faults
from kerasdl.checkpoint.undisturbed import undisturbed
from kerasdl.config import Config
from kerasdl.diagnostics.rate_sweep import (
    RateSweep,
    check_range,
    has_diverged,
    search_rates,
)
from kerasdl.errors import ConfigError, DataError
from kerasdl.jobs import assemble
from kerasdl.jobs.build_session import build_session
from kerasdl.jobs.constant_rate import compile_constant
from kerasdl.jobs.first_batch import rows

LOWEST, HIGHEST, STEPS = 1e-6, 10.0, 300
FEWEST_STEPS = 10
MOST_BYTES = 1 << 30
"""Batches of a sweep that are kept for the short runs; these begin again after them."""


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
    if config.training.batch_scaling != "none":
        what = "training.batch_scaling would scale the rate that is found"
        raise ConfigError(what, "leave it out: lr-find looks at batches as they are")
    session = build_session(config, download=download)
    compile_constant(session)
    batches, accumulate = session.batches, session.config.training.accumulate

    def endless() -> Iterator[tuple[Any, ...]]:
        for number in count():
            epoch = batches.epoch(number)
            for index in range(len(epoch)):
                yield epoch[index]

    held_out: Any = None
    if len(validation := session.dataset.validation):
        examples = assemble.as_trained(session.config, session.dataset, validation)
        held_out = examples.resident()
        if held_out is None:
            size = session.config.training.examples_per_batch
            held_out = HeldOutFeed(examples, size)
    return lr_find(
        session.model, endless(), lowest, highest, steps, accumulate, held_out
    )


def lr_find(
    model: keras.Model,
    batches: Iterable[tuple[Any, ...]],
    lowest: float = LOWEST,
    highest: float = HIGHEST,
    steps: int = STEPS,
    accumulate: int = 1,
    validation_data: Any = None,
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
        validation_data: As in `fit`: short runs are compared by the loss on it. Without,
            by the loss of their last batches, which few examples let fall too far.

    Raises:
        ConfigError: If the learning rate is a schedule, the model is not compiled and
            built, or another argument has no meaning.
        DataError: If there are too few batches, or the first losses are not finite.
    """
    _check(model, batches, lowest, highest, steps, accumulate)
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
            loss = _short_run(model, used, rate, accumulate, max(2, steps * 3 // 5))
            if validation_data is None or not np.isfinite(loss):
                return loss
            return _loss(model, validation_data, rows(used[0]))

    trials = search_rates(sweep.valley, short_run, lowest, highest)
    return replace(sweep, trials=trials)


def _check(
    model: keras.Model,
    batches: Any,
    lowest: float,
    highest: float,
    steps: int,
    accumulate: int,
) -> None:
    """Raise `ConfigError` if the arguments of `lr_find` have no meaning."""
    check_range(lowest, highest)
    if steps < FEWEST_STEPS or accumulate < 1:
        what = f"steps is {steps}, and accumulate {accumulate}"
        raise ConfigError(
            what, f"take {FEWEST_STEPS} steps or more, of a batch or more"
        )
    if not model.compiled or not model.built:
        state = "compiled" if not model.compiled else "built"
        what = f"the model is not {state}"
        raise ConfigError(what, "build it with keras.Input, and call model.compile")
    if isinstance(batches, tuple) or not isinstance(batches, Iterable):
        what = "`batches` are no batches"
        raise ConfigError(what, "give an iterable of (x, y), such as itertools.cycle")


def _swept(
    model: keras.Model,
    batches: Iterator[tuple[Any, ...]],
    rates: np.ndarray,
    accumulate: int,
) -> tuple[RateSweep, list[tuple[Any, ...]]]:
    """Return the sweep and its batches; the loss of a step is that before the next."""
    losses: list[float] = []
    used: list[tuple[Any, ...]] = []
    kept = 0
    for rate in [*rates, rates[-1]]:
        drawn = [*islice(batches, accumulate)]
        if len(drawn) < accumulate:
            raise DataError(
                "the data end before the sweep", "repeat them, or sweep less"
            )
        if kept < MOST_BYTES:
            used += (copied := keras.tree.map_structure(_copy, drawn))
            kept += sum(
                getattr(each, "nbytes", 0) for each in keras.tree.flatten(copied)
            )
        losses.append(_step(model, rate, drawn))
        if has_diverged(losses):
            break
    if not np.isfinite(losses[0]):
        what = f"the loss of the first batch is {losses[0]}"
        raise DataError(what, "check inputs, targets and initial weights")
    after = [loss for loss in losses[1:] if np.isfinite(loss)]
    if not after:
        what = "the loss is not finite after one step of the lowest rate"
        raise DataError(what, "lower --lowest, or look for NaN in the data")
    return RateSweep(rates[: len(after)], np.array(after)), used


def _short_run(
    model: keras.Model,
    batches: list[tuple[Any, ...]],
    rate: float,
    accumulate: int,
    steps: int,
) -> float:
    """Return the mean loss of the last steps of a run with warm-up and decay."""
    warm_up, losses = max(1, steps // 10), []
    for step in range(steps):
        share = min((step + 1) / warm_up, (steps - step) / (steps - warm_up))
        used = [
            batches[n % len(batches)]
            for n in range(step * accumulate, (step + 1) * accumulate)
        ]
        losses.append(_step(model, rate * share, used))
        if not np.isfinite(losses[-1]):
            return np.inf
    return float(np.mean(losses[-max(1, steps // 5) :]))


def _loss(model: keras.Model, data: Any, batch_size: int) -> float:
    """Return the loss on data as `fit` takes them for validation; inf for NaN."""
    parts = data if isinstance(data, tuple) else (data,)
    size = {"batch_size": batch_size} if isinstance(data, tuple) else {}
    with own_faults(data):
        scores = model.evaluate(*parts, verbose=0, return_dict=True, **size)
    loss = float(scores["loss"])
    return loss if np.isfinite(loss) else np.inf


def _copy(leaf: Any) -> Any:
    """Return a copy of an array, which a loader may fill with the next batch."""
    return leaf.copy() if isinstance(leaf, np.ndarray) else leaf


def _step(model: keras.Model, rate: float, batches: list[tuple[Any, ...]]) -> float:
    """Take a step, and return the mean loss of its batches before it."""
    model.optimizer.learning_rate = rate
    losses = []
    for batch in batches:
        model.reset_metrics()
        losses.append(float(model.train_on_batch(*batch, return_dict=True)["loss"]))
    return float(np.mean(losses))
