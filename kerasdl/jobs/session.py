"""One run in memory, from its config to its result."""

import random
import time
from dataclasses import asdict
from functools import partial
from typing import Any

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
from kerasdl.callbacks.order import in_order
from kerasdl.config import Config
from kerasdl.data import Dataset
from kerasdl.errors import DataError, DivergedError, InterruptedRunError
from kerasdl.jobs import assemble, capsule, signals
from kerasdl.jobs.cautions import cautions
from kerasdl.jobs.evaluate import check_scores
from kerasdl.jobs.reporter import Reporter
from kerasdl.rundir import RunDir


class Session:
    """A run that is built, and not yet trained.

    Args:
        config: The resolved config.
        dataset: The splits.
        model: The uncompiled model.

    Raises:
        ConfigError: If such data cannot be mixed as the config says.
    """

    def __init__(self, config: Config, dataset: Dataset, model: keras.Model):
        self.config = config
        self.dataset = dataset
        self.model = model
        self.task = tasks.find(config.data.task)
        self.batches = assemble.batches(config, dataset)

    def compile(self) -> None:
        """Compile the model, with an optimizer that skips bad steps."""
        batches = len(self.batches)
        self.monitor = assemble.compile_model(self.config, self.model, batches)

    def fit(self, run: RunDir, reporter: Reporter) -> dict[str, Any]:
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
        self.run, self.reporter = run, reporter
        self.compile()
        self._prepare()
        result: dict[str, Any] = {"status": "completed"}
        failed: DivergedError | DataError | None = None
        with signals.resumable(run):
            try:
                self._train()
            except DivergedError as fault:
                result["status"] = "diverged"
                failed = self._explained(fault)
            if self.best.best is not None:
                self._save()
                result |= self._scores()
                try:
                    source = f"the test set of {self.dataset.source}"
                    check_scores(result["test"], source, self.config)
                except DataError as fault:
                    failed = failed or fault
                result["baseline"] = self._baseline()
            result["seconds"] = round(time.perf_counter() - begin, 2)
            run.write_result(result)
        if failed:
            raise failed
        return {"run": str(run.path), **result}

    def _prepare(self) -> None:
        """Make what looks on while the model trains."""
        training = self.config.training
        self.best = EarlyStopping(
            monitor=training.monitor,
            mode=self.task.direction(training.monitor),
            patience=training.patience or training.epochs,
            restore_best_weights=True,
            averaged=self.config.optimizer.ema_momentum > 0,
        )
        memory = backend.current().peak_device_memory_bytes
        self.log = MetricsLog(self.run.log_epoch, len(self.dataset.train), memory)
        if line := storage.unsynced():
            self._warn("storage", line)
        told = {line: kind for kind, line in cautions(self)}
        for line, kind in told.items():
            self._warn(kind, line)

        def unfused(line: str) -> None:
            if line not in told:
                self.run.log_event("not-fused", line)

        if training.accelerate:
            accelerate(
                self.model,
                steps_per_execution=training.steps_per_execution,
                compiled=training.compile,
                report=unfused,
            )

    def _train(self) -> None:
        """Train until the end or until nothing improves; the best weights remain."""
        config, training = self.config, self.config.training
        validation, held_out = self.dataset.validation, None
        if len(validation):
            held_out = assemble.as_trained(config, self.dataset, validation).arrays()
        feed = Feed(self.batches)
        guard = NaNGuard(partial(self._warn, "skipped"))
        cuts = assemble.plateau(config, self.best.mode, self._note)
        shown = self.reporter.begin(self.run, config, self.dataset, self.model)
        with signals.deferred() as interrupted:
            checkpoint = Checkpoint(
                self.run.checkpoints,
                **asdict(config.checkpoint),
                monitor=training.monitor,
                mode=self.best.mode,
                stateful=[self.best, self.log, guard, *cuts],
                interrupted=interrupted,
                report=partial(self._warn, "checkpoint"),
            )
            callbacks = [AveragedWeights(), self.log, guard, self.best, *cuts, *shown]
            try:
                self.model.fit(
                    feed,
                    shuffle=False,
                    epochs=training.epochs,
                    validation_data=held_out,
                    validation_batch_size=training.batch_size,
                    callbacks=[feed.follow(), *in_order([*callbacks, checkpoint])],
                    verbose=0,
                )
            finally:
                checkpoint.writer.settle()
            if reason := interrupted():  # too late for the checkpoint to see it
                raise InterruptedRunError(f"{reason}; every step is saved", "resume it")
        if self.best.best is None:
            what = f"{training.monitor} was no number in any epoch"
            raise DivergedError(what, "lower the learning rate")

    def _explained(self, fault: DivergedError) -> DivergedError:
        """Keep the step where it began, and bring back the best weights."""
        run, what, hint = self.run, f"{fault.what} of {self.run.path}", "lower --lr"
        kept = capsule.write(run, self.config, self.model, self.monitor, self.batches)
        if kept:
            batch, epoch = kept.details["batch"] + 1, kept.details["epoch"] + 1
            what += f"; steps were skipped from batch {batch} of epoch {epoch} on"
            hint += f"; to see that step: kerasdl replay {run.path}"
        run.log_event("diverged", what)
        if self.best.best is None:
            return DivergedError(f"{what}; no model is kept", hint)
        self.model.set_weights(self.best.best_weights)
        return DivergedError(f"{what}; the best model is kept", hint)

    def _save(self) -> None:
        """Write the model uncompiled, so that it loads the same on every backend."""
        bare = assemble.model(self.config, self.dataset.encoding)
        bare.set_weights(self.model.get_weights())
        self.run.save_model(bare.save)

    def _scores(self) -> dict[str, Any]:
        """Return the metrics of the best epoch, and those of the test set."""
        dataset, size = self.dataset, self.config.training.batch_size
        test = self.task.measure(
            self.model, dataset.test, dataset.targets, self.config, size
        )
        return {"best": self.log.lines[self.best.best_epoch], "test": test}

    def _baseline(self) -> dict[str, Any]:
        """Return the scores of simple models; a fault of theirs costs only these."""
        try:
            return self.task.baselines(self.config, self.dataset)
        except ValueError as fault:  # such as inputs that overflow in them
            line = " ".join(f"no simple model could be scored: {fault}".split())
            self._warn("baseline", line)
            return {}

    def _warn(self, kind: str, line: str) -> None:
        self.run.log_event(kind, line)
        self.reporter.warn(line)

    def _note(self, line: str) -> None:
        self.run.log_event("schedule", line)
        self.reporter.note(line)


def build(
    config: Config, dataset: Dataset | None = None, download: bool = False
) -> Session:
    """Return a run, drawn from its seed.

    Args:
        config: The resolved config.
        dataset: Its splits, where they have been prepared already.
        download: As for `assemble.source`.

    Raises:
        ConfigError: If the data do not suit the model.
        DataError: If the data cannot be learned from.
    """
    if dataset is None:
        dataset = assemble.dataset(config, download)
    seed_everything(config.training.seed)
    return Session(config, dataset, assemble.model(config, dataset.encoding))


def seed_everything(seed: int) -> None:
    """Seed every generator that a third-party layer may draw from.

    `keras.utils.set_random_seed` would import TensorFlow on every backend.
    """
    random.seed(seed)
    np.random.seed(seed)
    backend.current().seed(seed)
