"""Train what is built to its end, and leave the outcome in the run directory."""

import random
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import keras
import numpy as np

from kerasdl import backend
from kerasdl.backend.feed import Feed
from kerasdl.backend.fused import accelerate
from kerasdl.callbacks import Checkpoint, EarlyStopping, MetricsLog, NaNGuard
from kerasdl.config import Config
from kerasdl.data import Batches, Dataset
from kerasdl.diagnostics.baseline import baselines
from kerasdl.errors import DivergedError
from kerasdl.jobs import assemble, signals
from kerasdl.jobs.evaluate import measure
from kerasdl.jobs.plan import total_steps
from kerasdl.rundir import RunDir

Observe = Callable[[RunDir, Dataset, keras.Model], list]
"""Called once everything is built; returns further callbacks."""


def nothing(*_: Any) -> list:
    """Observe nothing."""
    return []


@dataclass
class Parts:
    """A run, built and not yet trained.

    Args:
        config: The resolved config.
        dataset: The splits.
        model: The uncompiled model.
    """

    config: Config
    dataset: Dataset
    model: keras.Model


def build(config: Config) -> Parts:
    """Return the parts of a run, drawn from its seed.

    Raises:
        DataError: If the data cannot be learned from.
    """
    dataset = assemble.dataset(config)
    seed_everything(config.training.seed)
    return Parts(config, dataset, assemble.model(config, dataset.preprocessing))


def seed_everything(seed: int) -> None:
    """Seed every generator that a layer of somebody else may draw from.

    `keras.utils.set_random_seed` would import TensorFlow on every backend.
    """
    random.seed(seed)
    np.random.seed(seed)
    backend.current().seed(seed)


def finish(parts: Parts, run: RunDir, observe: Observe) -> dict[str, Any]:
    """Train from the newest checkpoint, or from the beginning, to the end.

    Returns:
        What `result.json` holds, and the run's path.

    Raises:
        DivergedError: If the loss stopped being a number; the run is kept.
        InterruptedRunError: If a signal came; the run is saved.
    """
    begin = time.perf_counter()
    config, dataset, model = parts.config, parts.dataset, parts.model
    with signals.resumable(run):
        log, guard, best = _fit(parts, run, observe)
        diverged_at = guard.diverged_at
        status = "completed" if diverged_at is None else "diverged"
        result: dict[str, Any] = {"status": status}
        if best.best is not None:
            _save(parts, run)
            result["best"] = log.lines[best.best_epoch]
            result["test"] = measure(model, dataset.test, config, dataset.preprocessing)
            result["baseline"] = _baseline(dataset)
        result["seconds"] = round(time.perf_counter() - begin, 2)
        run.write_result(result)
    if diverged_at is not None:
        happened = f"a loss is no longer finite in epoch {diverged_at + 1}"
        run.log_event("diverged", happened)
        kept = "no model is kept" if best.best is None else "the best model is kept"
        what = f"{happened} of {run.path}; {kept}"
        raise DivergedError(what, "lower --lr, or set optimizer.global_clipnorm")
    return {"run": str(run.path), **result}


def _fit(
    parts: Parts, run: RunDir, observe: Observe
) -> tuple[MetricsLog, NaNGuard, EarlyStopping]:
    """Train until the end or until nothing improves; the best weights remain."""
    config, dataset, model = parts.config, parts.dataset, parts.model
    training, train_split, validation = (
        config.training,
        dataset.train,
        dataset.validation,
    )
    steps = total_steps(config, len(train_split))
    model.compile(
        optimizer=assemble.optimizer(config, model, steps),
        **assemble.compile_arguments(config),
    )
    if training.accelerate:
        accelerate(
            model,
            steps_per_execution=training.steps_per_execution,
            compiled=training.compile,
            report=partial(run.log_event, "not-fused"),
        )
    mode = "min" if training.monitor.endswith("loss") else "max"
    best = EarlyStopping(
        monitor=training.monitor,
        mode=mode,
        patience=training.patience or training.epochs,
        restore_best_weights=True,
    )
    memory = backend.current().peak_device_memory_bytes
    log = MetricsLog(run.log_epoch, len(train_split), memory)
    guard = NaNGuard()
    feed = Feed(
        Batches(train_split.x, train_split.y, training.batch_size, training.seed)
    )
    with signals.deferred() as interrupted:
        checkpoint = Checkpoint(
            run.checkpoints,
            **asdict(config.checkpoint),
            monitor=training.monitor,
            mode=mode,
            stateful=[best, log, guard],
            interrupted=interrupted,
            report=partial(run.log_event, "checkpoint"),
        )
        callbacks = [best, log, *observe(run, dataset, model), guard]
        model.fit(
            feed,
            shuffle=False,
            epochs=training.epochs,
            validation_data=(validation.x, validation.y) if len(validation) else None,
            validation_batch_size=training.batch_size,
            callbacks=[feed.follow(), *callbacks, checkpoint],
            verbose=0,
        )
    return log, guard, best


def _save(parts: Parts, run: RunDir) -> None:
    """Write the model uncompiled, so that it loads the same on every backend."""
    bare = assemble.model(parts.config, parts.dataset.preprocessing)
    bare.set_weights(parts.model.get_weights())
    run.save_model(bare.save)


def _baseline(dataset: Dataset) -> dict[str, Any]:
    preprocessing = dataset.preprocessing
    train_split, test = dataset.train, dataset.test
    return baselines(
        preprocessing.task,
        train_split.x,
        preprocessing.original_targets(train_split.y),
        test.x,
        preprocessing.original_targets(test.y),
    )
