"""Train a preset and leave a complete run directory."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasdl import backend, rundir
from kerasdl.backend.feed import Feed
from kerasdl.backend.fused import accelerate
from kerasdl.callbacks import EarlyStopping, MetricsLog, NaNGuard
from kerasdl.config import Config
from kerasdl.data import Batches, Dataset
from kerasdl.diagnostics.baseline import baselines
from kerasdl.errors import DivergedError
from kerasdl.jobs import assemble
from kerasdl.jobs.environment import environment
from kerasdl.jobs.evaluate import measure
from kerasdl.jobs.plan import total_steps
from kerasdl.rundir import RunDir


def train(
    config: Config,
    selection: backend.Selection,
    *,
    stem: str,
    path: Path | None = None,
    arguments: Sequence[str] = (),
    observe: Callable[[RunDir, Dataset, keras.Model], list] = lambda *_: [],
) -> dict[str, Any]:
    """Train a model and write a run directory.

    Args:
        config: The resolved config.
        selection: The backend, already selected.
        stem: Without `path`, the run is `runs/<stem>-<n>`.
        path: Another place for the run.
        arguments: The command line, for the record.
        observe: Called once everything is built; returns further callbacks.

    Returns:
        What `result.json` holds, and the run's path.

    Raises:
        DataError: If the data cannot be learned from; no run directory is made.
        DivergedError: If the loss stopped being a number; the run is kept.
    """
    begin = time.perf_counter()
    dataset = assemble.dataset(config)
    seed_everything(config.training.seed)
    model = assemble.model(config, dataset.preprocessing)
    run = rundir.create(stem, path)
    run.write_config(_found_from_anywhere(config))
    place = environment(selection, config, arguments)
    run.write_environment(place | {"data_sha256": dataset.sha256})
    run.write_preprocessing(dataset.preprocessing.to_json())
    run.log_event("start", f"training on {selection.name}, by {selection.reason}")

    log, guard, best = _fit(config, dataset, model, run, observe)
    diverged_at = guard.diverged_at
    status = "completed" if diverged_at is None else "diverged"
    result: dict[str, Any] = {"status": status}
    if best.best is not None:
        _save(config, dataset, model, run)
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


def seed_everything(seed: int) -> None:
    """Seed every generator that a layer of somebody else may draw from.

    `keras.utils.set_random_seed` would import TensorFlow on every backend.
    """
    random.seed(seed)
    np.random.seed(seed)
    backend.current().seed(seed)


def _fit(
    config: Config,
    dataset: Dataset,
    model: keras.Model,
    run: RunDir,
    observe: Callable[[RunDir, Dataset, keras.Model], list],
) -> tuple[MetricsLog, NaNGuard, EarlyStopping]:
    """Train until the end or until nothing improves; the best weights remain."""
    training, train_split = config.training, dataset.train
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
    best = EarlyStopping(
        monitor=training.monitor,
        mode="min" if training.monitor.endswith("loss") else "max",
        patience=training.patience or training.epochs,
        restore_best_weights=True,
    )
    memory = backend.current().peak_device_memory_bytes
    log = MetricsLog(run.log_epoch, len(train_split), memory)
    guard = NaNGuard()
    validation = dataset.validation
    batches = Batches(train_split.x, train_split.y, training.batch_size, training.seed)
    feed = Feed(batches)
    model.fit(
        feed,
        shuffle=False,
        epochs=training.epochs,
        validation_data=(validation.x, validation.y) if len(validation) else None,
        validation_batch_size=training.batch_size,
        callbacks=[feed.follow(), best, log, *observe(run, dataset, model), guard],
        verbose=0,
    )
    return log, guard, best


def _found_from_anywhere(config: Config) -> Config:
    """Return the config with the absolute path of the user's own data."""
    if not config.data.name.endswith(".npz"):
        return config
    path = str(Path(config.data.name).resolve())
    return replace(config, data=replace(config.data, name=path))


def _save(config: Config, dataset: Dataset, model: keras.Model, run: RunDir) -> None:
    """Write the model uncompiled, so that it loads the same on every backend."""
    bare = assemble.model(config, dataset.preprocessing)
    bare.set_weights(model.get_weights())
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
