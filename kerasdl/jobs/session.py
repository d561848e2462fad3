"""A run in memory, from its config to its result."""

import time
import warnings
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any

import keras

from kerasdl import backend, storage, tasks
from kerasdl.backend.feed import Feed, HeldOutFeed, own_faults
from kerasdl.backend.fused import accelerate
from kerasdl.callbacks import (
    AveragedWeights,
    Checkpoint,
    EarlyStopping,
    MetricsLog,
    NaNGuard,
    ValidationScores,
)
from kerasdl.callbacks.order import in_order
from kerasdl.config import Config
from kerasdl.data import Dataset
from kerasdl.errors import DataError, DivergedError, InterruptedRunError
from kerasdl.finding import Finding
from kerasdl.jobs import (
    assemble,
    calibration,
    evaluation,
    features,
    lora,
    results,
    signals,
)
from kerasdl.jobs.before_training import before_training
from kerasdl.jobs.divergence import with_capsule
from kerasdl.jobs.doctor import write_with_diagnosis
from kerasdl.jobs.evaluate import check_scores
from kerasdl.jobs.no_gradient import told_without_gradient
from kerasdl.jobs.reporter import Reporter
from kerasdl.jobs.teller import Teller
from kerasdl.jobs.watches import watches
from kerasdl.report import write_report
from kerasdl.rundir import RunDir


class Session:
    """A run that is built but not yet trained.

    Args:
        config: The resolved config.
        dataset: The splits.
        model: The uncompiled model.
        begun: What it begins with, if that is not random.

    Attributes:
        learner: The model that `fit` sees: the model, or what is trained of it.
        learned: The data that it sees: the dataset, or features.
        stage: Name of the stage, in checkpoints.
        is_told: Whether findings before training have been reported.

    Raises:
        ConfigError: If the data cannot be mixed as the config says.
        DataError: If the validation split leaves `training.monitor` undefined.
    """

    def __init__(
        self,
        config: Config,
        dataset: Dataset,
        model: keras.Model,
        begun: Finding | None = None,
    ):
        self.config = config
        self.begun = begun
        self.dataset = self.learned = dataset
        self.model = model
        self.learner = model
        self.stage, self.is_told = "", False
        self.task = tasks.find(config.data.task)
        self.batches = assemble.batches(config, dataset)
        results.check_monitor(config, dataset)

    def compile(self) -> None:
        """Compile what is trained, with an optimizer that skips non-finite steps."""
        batches = len(self.batches)
        self.monitor = assemble.compile_model(self.config, self.learner, batches)

    def fit(
        self,
        run: RunDir,
        reporter: Reporter,
        report: bool = True,
        baselines: bool = True,
    ) -> dict[str, Any]:
        """Train from the newest checkpoint, or from the beginning, to the end.

        Args:
            run: The run directory.
            reporter: The progress reporter.
            report: Whether to write the report as well.
            baselines: Whether to score the baselines.

        Returns:
            The content of `result.json`, and the run's path.

        Raises:
            DataError: If the loss over the test set is not finite; the run is kept.
            DivergedError: If the run diverged; it is kept, with the first failing step.
            InterruptedRunError: If a signal arrived; the run is saved.
        """
        begin = time.perf_counter()
        self._begin(run, reporter)
        result: dict[str, Any] = {"status": "completed", **results.sizes(self)}
        failed: DivergedError | DataError | None = None
        with signals.resumable(run):
            try:
                self._train()
            except DivergedError as fault:
                result["status"] = "diverged"
                failed = with_capsule(self, fault)
            if self.best.best is not None:
                self._save()
                scored = self._scored()
                evaluation.write(self, scored, explain=report)
                result |= scored.result
                try:
                    source = f"the test set of {self.dataset.source}"
                    check_scores(result["test"], source, self.config)
                except DataError as fault:
                    failed = failed or fault
                if baselines:
                    result["baseline"] = results.baselines(
                        self, scored.test, self.teller.warn
                    )
            result["seconds"] = round(time.perf_counter() - begin, 2)
            write_with_diagnosis(run, result)
            if report:
                write_report(run, run.report)
        if failed:
            raise failed
        return {"run": str(run.path), **result}

    def train(self, run: RunDir, reporter: Reporter) -> None:
        """Train a stage of a run, and leave its checkpoint.

        Raises:
            DivergedError: If the run diverged.
            InterruptedRunError: If a signal arrived; the run is saved.
        """
        self._begin(run, reporter)
        with signals.resumable(run):
            try:
                self._train()
            except DivergedError as fault:
                result = {"status": "diverged", **results.sizes(self)}
                failed = with_capsule(self, fault)
                write_with_diagnosis(run, result)
                raise failed from fault

    def fit_in_memory(self) -> None:
        """Train without a run directory, and restore the best weights.

        Warnings are Python's.

        Raises:
            DivergedError: If the run diverged.
        """
        features.use(self)
        self.compile()
        self._prepare()
        self._accelerate(warnings.warn)
        cuts = assemble.plateau(self.config, self.best.mode, warnings.warn)
        self._run_epochs([NaNGuard(warnings.warn), *cuts])
        self._check_best()

    def _prepare(self) -> None:
        """Create early stopping."""
        training = self.config.training
        self.best = EarlyStopping(
            monitor=training.monitor,
            mode=self.task.direction(training.monitor),
            patience=training.patience or training.epochs,
            restore_best_weights=True,
            averaged=self.config.optimizer.ema_momentum > 0,
        )

    def _begin(self, run: RunDir, reporter: Reporter) -> None:
        """Compile, create the metrics log, warn, and fuse the steps."""
        self.run, self.reporter = run, reporter
        self.teller = Teller(run, reporter)
        features.use(self)
        self.compile()
        self._prepare()
        memory = backend.current().peak_device_memory_bytes
        self.watches = watches(self, self.teller.observe)
        _, *measuring = self.watches
        examples = len(self.dataset.train)
        self.log = MetricsLog(self.run.log_epoch, examples, memory, measuring)
        if line := storage.unsynced():
            self.teller.warn("storage", line)
        findings = [] if self.is_told else [*before_training(self)]
        for finding in findings:
            self.teller.tell(finding)
        warned = {str(finding) for finding in findings}

        def unfused(line: str) -> None:
            if line not in warned:
                self.run.log_finding(Finding("not-fused", line, severity="info"))

        self._accelerate(unfused)

    def _accelerate(self, report: Callable[[str], Any]) -> None:
        training = self.config.training
        if training.accelerate:
            accelerate(
                self.learner,
                steps_per_execution=training.steps_per_execution,
                compiled=training.compile,
                report=report,
            )

    def _train(self) -> None:
        """Train with checkpoints, to the last epoch or to early stopping."""
        config = self.config
        guard = NaNGuard(partial(self.teller.warn, "skipped"))
        cuts = assemble.plateau(config, self.best.mode, self.teller.note)
        shown = self.reporter.begin(self.run, config, self.dataset, self.model)
        with signals.deferred() as interrupted:
            checkpoint = Checkpoint(
                self.run.checkpoints,
                **asdict(config.checkpoint),
                monitor=config.training.monitor,
                mode=self.best.mode,
                stateful=[self.best, self.log, guard, *cuts, *self.watches],
                interrupted=interrupted,
                stage=self.stage,
                report=partial(self.teller.warn, "checkpoint"),
            )
            try:
                called = [*self.watches, self.log, guard, *cuts, *shown, checkpoint]
                self._run_epochs(called)
            finally:
                checkpoint.writer.settle()
            if reason := interrupted():  # after the checkpoint's last step
                raise InterruptedRunError(f"{reason}; every step is saved", "resume it")
        self._check_best()

    def _run_epochs(self, callbacks: list[keras.callbacks.Callback]) -> None:
        """Fit the model, and restore the best weights."""
        training, validation = self.config.training, self.learned.validation
        held_out: Any = None
        if len(validation):
            examples = assemble.as_trained(self.config, self.learned, validation)
            held_out = examples.resident()
            if held_out is None:
                held_out = HeldOutFeed(examples, training.examples_per_batch)
        feed = Feed(self.batches)
        if results.scores_each_epoch(self.config):
            score = partial(results.validation_scores, self)
            callbacks = [*callbacks, ValidationScores(score)]
        ordered = in_order([AveragedWeights(), self.best, *callbacks])
        family, first = self.config.model.name, self.config.transfer.head_epochs
        with own_faults(feed, held_out), told_without_gradient(family):
            self.learner.fit(
                feed,
                shuffle=False,
                initial_epoch=first,
                epochs=first + training.epochs,
                validation_data=held_out,
                validation_batch_size=training.examples_per_batch,
                callbacks=[feed.follow(), *ordered],
                verbose=0,
            )

    def _check_best(self) -> None:
        if self.best.best is None:
            what = f"{self.config.training.monitor} was NaN in every epoch"
            raise DivergedError(what, "lower the learning rate")

    def _save(self) -> None:
        """Write the model uncompiled, so that it loads the same on every backend."""
        uncompiled = assemble.model(self.config, self.dataset.encoding)
        uncompiled.set_weights(lora.merged(self.model))
        self.run.save_model(uncompiled.save)
        lora.write_adapters(self.config, self.model, self.run.path)

    def _scored(self) -> results.Scored:
        """Score the best model, calibrate its intervals, and say what is undefined."""
        scored = results.scored(self)
        targets = self.dataset.targets
        findings = results.left_out(scored, targets)
        if finding := calibration.write(self.run, targets, scored.validation):
            findings.append(finding)
        for finding in findings:
            self.teller.tell(finding)
        return scored
