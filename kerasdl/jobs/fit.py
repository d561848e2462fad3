"""Train what is built to its end, and leave the outcome in the run directory."""

import random
import time
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Protocol

import keras
import numpy as np

from kerasdl import backend, storage, tasks
from kerasdl.backend.feed import Feed
from kerasdl.backend.fused import accelerate
from kerasdl.callbacks import (
    AveragedWeights,
    Checkpoint,
    EarlyStopping,
    MetricsLog,
    NaNGuard,
)
from kerasdl.config import Config
from kerasdl.data import Batches, Dataset
from kerasdl.data.batches import steps_per_epoch
from kerasdl.errors import DataError, DivergedError, InterruptedRunError
from kerasdl.jobs import assemble, capsule, signals
from kerasdl.jobs.cautions import cautions
from kerasdl.jobs.evaluate import check_scores
from kerasdl.optimizers import GradientMonitor
from kerasdl.rundir import RunDir


class Watcher(Protocol):
    """Whoever looks on while a run trains."""

    def begin(self, run: RunDir, dataset: Dataset, model: keras.Model) -> list:
        """Be told that everything is built; return further callbacks."""
        ...

    def warn(self, line: str) -> None:
        """Be told what a user should know, in one line."""
        ...

    def note(self, line: str) -> None:
        """Be told what training has done as it should, in one line."""
        ...


class Nobody:
    """A watcher that does nothing."""

    def begin(self, run: RunDir, dataset: Dataset, model: keras.Model) -> list:
        """Add no callback."""
        return []

    def warn(self, line: str) -> None:
        """Leave it to `events.jsonl`."""

    def note(self, line: str) -> None:
        """Leave it to `events.jsonl`."""


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


def build(
    config: Config, dataset: Dataset | None = None, download: bool = False
) -> Parts:
    """Return the parts of a run, drawn from its seed.

    Args:
        config: The resolved config.
        dataset: Its splits, where they have been prepared already.
        download: As for `assemble.source`.

    Raises:
        DataError: If the data cannot be learned from.
    """
    if dataset is None:
        dataset = assemble.dataset(config, download)
    seed_everything(config.training.seed)
    return Parts(config, dataset, assemble.model(config, dataset.encoding))


def seed_everything(seed: int) -> None:
    """Seed every generator that a layer of somebody else may draw from.

    `keras.utils.set_random_seed` would import TensorFlow on every backend.
    """
    random.seed(seed)
    np.random.seed(seed)
    backend.current().seed(seed)


def finish(parts: Parts, run: RunDir, watcher: Watcher) -> dict[str, Any]:
    """Train from the newest checkpoint, or from the beginning, to the end.

    Returns:
        What `result.json` holds, and the run's path.

    Raises:
        DataError: If the loss over the test set is no finite number; the run is kept.
        DivergedError: If the network learns no more; the run is kept, and the step
            where it began.
        InterruptedRunError: If a signal came; the run is saved.
    """
    begin = time.perf_counter()
    config, dataset, model = parts.config, parts.dataset, parts.model
    training, task = config.training, tasks.find(config.data.task)
    batches = assemble.batches(config, dataset)
    monitor = compiled(parts)
    best = EarlyStopping(
        monitor=training.monitor,
        mode=task.direction(training.monitor),
        patience=training.patience or training.epochs,
        restore_best_weights=True,
        averaged=config.optimizer.ema_momentum > 0,
    )
    memory = backend.current().peak_device_memory_bytes
    log = MetricsLog(run.log_epoch, len(dataset.train), memory)
    result: dict[str, Any] = {"status": "completed"}
    failed: DivergedError | DataError | None = None
    if line := storage.unsynced():
        run.log_event("storage", line)
        watcher.warn(line)
    with signals.resumable(run):
        try:
            _fit(parts, run, watcher, batches, best, log)
            if best.best is None:
                what = f"{training.monitor} was no number in any epoch"
                raise DivergedError(what, "lower the learning rate")
        except DivergedError as fault:
            result["status"] = "diverged"
            failed = _explained(fault, run, parts, monitor, batches, best)
        if best.best is not None:
            _save(parts, run)
            result["best"] = log.lines[best.best_epoch]
            result["test"] = task.measure(
                model, dataset.test, dataset.targets, config, training.batch_size
            )
            try:
                check_scores(
                    result["test"], f"the test set of {dataset.source}", config
                )
            except DataError as fault:
                failed = failed or fault
            result["baseline"] = _baseline(parts, run, watcher)
        result["seconds"] = round(time.perf_counter() - begin, 2)
        run.write_result(result)
    if failed:
        raise failed
    return {"run": str(run.path), **result}


def compiled(parts: Parts) -> GradientMonitor:
    """Compile the model; return its optimizer, which skips bad steps."""
    size = parts.config.training.batch_size
    batches = steps_per_epoch(len(parts.dataset.train), size)
    return assemble.compile_model(parts.config, parts.model, batches)


def _baseline(parts: Parts, run: RunDir, watcher: Watcher) -> dict[str, Any]:
    """Return the scores of simple models; a fault of theirs costs no more than these."""
    try:
        task = tasks.find(parts.config.data.task)
        return task.baselines(parts.config, parts.dataset)
    except ValueError as fault:  # such as inputs that overflow in them
        line = " ".join(f"no simple model could be scored: {fault}".split())
        run.log_event("baseline", line)
        watcher.warn(line)
        return {}


def _explained(
    fault: DivergedError,
    run: RunDir,
    parts: Parts,
    monitor: GradientMonitor,
    batches: Batches,
    best: EarlyStopping,
) -> DivergedError:
    """Keep the step where it began, and bring back the best weights."""
    what, hint = f"{fault.what} of {run.path}", "lower --lr"
    if kept := capsule.write(run, parts.config, parts.model, monitor, batches):
        batch, epoch = kept.details["batch"] + 1, kept.details["epoch"] + 1
        what += f"; steps were skipped from batch {batch} of epoch {epoch} on"
        hint += f"; to see that step: kerasdl replay {run.path}"
    run.log_event("diverged", what)
    if best.best is None:
        return DivergedError(f"{what}; no model is kept", hint)
    parts.model.set_weights(best.best_weights)
    return DivergedError(f"{what}; the best model is kept", hint)


def _fit(
    parts: Parts,
    run: RunDir,
    watcher: Watcher,
    batches: Batches,
    best: EarlyStopping,
    log: MetricsLog,
) -> None:
    """Train until the end or until nothing improves; the best weights remain."""
    config, dataset, model = parts.config, parts.dataset, parts.model
    training, validation = config.training, dataset.validation
    held_out = None
    if len(validation):
        held_out = assemble.as_trained(config, dataset, validation).arrays()

    def report(kind: str, line: str) -> None:
        run.log_event(kind, line)
        watcher.warn(line)

    def note(line: str) -> None:
        run.log_event("schedule", line)
        watcher.note(line)

    told = {line: kind for kind, line in cautions(config, model, batches)}
    for line, kind in told.items():
        report(kind, line)

    def unfused(line: str) -> None:
        if line not in told:
            run.log_event("not-fused", line)

    if training.accelerate:
        accelerate(
            model,
            steps_per_execution=training.steps_per_execution,
            compiled=training.compile,
            report=unfused,
        )
    feed = Feed(batches)
    guard = NaNGuard(partial(report, "skipped"))
    watching = watcher.begin(run, dataset, model)
    cuts = assemble.plateau(config, best.mode, note)
    with signals.deferred() as interrupted:
        checkpoint = Checkpoint(
            run.checkpoints,
            **asdict(config.checkpoint),
            monitor=training.monitor,
            mode=best.mode,
            stateful=[best, log, guard, *cuts],
            interrupted=interrupted,
            report=partial(report, "checkpoint"),
        )
        callbacks = [feed.follow(), AveragedWeights(), log, *watching, guard, best]
        callbacks += [*cuts, checkpoint]
        try:
            model.fit(
                feed,
                shuffle=False,
                epochs=training.epochs,
                validation_data=held_out,
                validation_batch_size=training.batch_size,
                callbacks=callbacks,
                verbose=0,
            )
        finally:
            checkpoint.writer.settle()
        if reason := interrupted():  # too late for the checkpoint to see it
            raise InterruptedRunError(f"{reason}; every step is saved", "resume it")


def _save(parts: Parts, run: RunDir) -> None:
    """Write the model uncompiled, so that it loads the same on every backend."""
    bare = assemble.model(parts.config, parts.dataset.encoding)
    bare.set_weights(parts.model.get_weights())
    run.save_model(bare.save)
