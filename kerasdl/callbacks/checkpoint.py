"""A callback that saves and restores the whole state of training."""

import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np

from kerasdl import storage
from kerasdl.backend.fit_locals import (
    ORDER_CHANGED,
    ORDER_UNKNOWN,
    LastBatches,
    callbacks_of_fit,
    digest,
)
from kerasdl.backend.keras_internals import begin_at, build_by_batch, unsynced_model
from kerasdl.backend.resume_position import begin_after
from kerasdl.callbacks import callback_state
from kerasdl.callbacks.best import Best
from kerasdl.callbacks.keras_history import fill_history
from kerasdl.callbacks.pace import Pace
from kerasdl.checkpoint import details as details_of
from kerasdl.checkpoint import files, random_state, state
from kerasdl.checkpoint.adapted import adapted
from kerasdl.checkpoint.snapshot import Snapshot
from kerasdl.checkpoint.stages import begin_stage, stage_of
from kerasdl.checkpoint.writer import Writer
from kerasdl.errors import InterruptedRunError


class Checkpoint(keras.callbacks.Callback):
    """Save the whole state of `model.fit`, and resume when `fit` is called again.

    A checkpoint holds the weights, optimizer, metrics and seed generators of the model.
    It also holds the random generators of Python, NumPy and the backend, the position
    in the epoch, the history, and the state of other callbacks. It is written in the
    background, and appears whole or not at all. When training begins, the newest intact
    checkpoint in the folder is restored, and the epoch continues after the batches
    already seen. So repeat the same call of `fit` to resume::

        stopping = keras.callbacks.EarlyStopping("loss", patience=3)
        checkpoint = Checkpoint("checkpoints", monitor="loss", stateful=[stopping])
        model.fit(x, y, epochs=10, callbacks=[stopping, checkpoint])

    On the same backend, the result is bit-identical to that of uninterrupted training
    if the batches depend only on the epoch and on saved generators. Under TensorFlow
    that does not hold for arrays that Keras shuffles.

    Args:
        folder: Where checkpoints are written, such as `step-00000420` after 420
            batches.
        every_steps: Save after this many batches, as soon as callbacks are called; 0
            means never. One update of the weights may take several batches.
        every_epochs: Save after this many epochs; 0 means never. `auto` saves after
            each epoch, but waits fifty times as long as a save takes (a bound on its
            cost as in Mohan et al. 2021, CheckFreq, section 4.4).
        every_minutes: Save after this many minutes; 0 means never. `auto` is one
            minute, or longer by the same rule.
        keep: Number of newest checkpoints that stay, at least 2. The best one stays
            too.
        monitor: Name in the logs of the metric that decides which checkpoint is the
            best. If no save is due, the state of a new best epoch is held in memory
            until the next save.
        mode: Whether a lower (`min`) or a higher (`max`) value is better.
        stateful: The callbacks whose state is saved. They must come before this one in
            the `callbacks` of `fit`. A third-party callback needs `get_state()`, which
            returns a dict of plain values, and `set_state(dict)`.
        stage: Name of the stage of training. A checkpoint of another stage gives the
            weights, the epoch and the log; the optimizer and other callbacks begin anew.
        interrupted: Called before each execution and after each epoch. A non-empty
            result is the reason to save and stop training.
        report: Receives a line for each damaged checkpoint that is skipped, one if
            layers draw other random numbers than on the previous backend, and one if
            `monitor` is not measured. Without it, the lines are Python warnings.

    Raises:
        ValueError: If an argument is out of range; from `fit`, if a `stateful` callback
            of Keras comes after this one.
        ModelFileError: From `fit`, if no checkpoint is intact, or if it is of another
            model or optimizer, which are then left unchanged.
        StorageError: From `fit`, if writing fails; the last checkpoint stays.
        InterruptedRunError: From `fit`, if it was interrupted, after saving.
    """

    order = 100

    async_safe = True

    def __init__(
        self,
        folder: str | Path,
        *,
        every_steps: int = 0,
        every_epochs: int | Literal["auto"] = "auto",
        every_minutes: float | Literal["auto"] = "auto",
        keep: int = 2,
        monitor: str = "val_loss",
        mode: Literal["min", "max"] = "min",
        stateful: Sequence[keras.callbacks.Callback] = (),
        stage: str = "",
        interrupted: Callable[[], str] = lambda: "",
        report: Callable[[str], None] | None = None,
    ):
        super().__init__()
        if keep < 2:
            raise ValueError(f"`keep` (={keep}) must be ≥ 2: the newest may be damaged")
        callback_state.check_savable(stateful)
        self.folder = Path(folder)
        self.pace = Pace(every_steps, every_epochs, every_minutes)
        self.monitor = monitor
        self.mode: Literal["min", "max"] = mode
        self.stateful = stateful
        self.stage = stage
        self.interrupted = interrupted
        self.report = report or (lambda line: warnings.warn(line, stacklevel=2))
        self.writer = Writer(self.folder, keep)

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Restore the newest checkpoint, if there is one."""
        self.writer.settle()
        callbacks = callbacks_of_fit(self)
        callback_state.check_order(callbacks, self)
        for line in callback_state.lost_state_warnings(callbacks, self.stateful):
            self.report(line)
        self.last_batches = LastBatches()
        self.step = self.epoch = self.saved_step = 0
        self.best = Best(self.monitor, self.mode)
        self.history: list[dict[str, float]] = []
        self.refused = False
        self.pace.begin(0)
        storage.make_directory(self.folder)
        storage.remove_leftovers(self.folder)
        self.snapshot = files.read_newest(self.folder, self.report)
        if self.snapshot:
            details_of.check(self.snapshot.details, details_of.RUN)
            self.snapshot = begin_stage(self.model, self.snapshot, self.stage)
            self.snapshot = adapted(self.model, self.snapshot, self.report)
            self._resume(self.snapshot)

    def _resume(self, snapshot: Snapshot) -> None:
        details = snapshot.details
        state.check(self.model, snapshot)
        random_state.check(snapshot.arrays, details["random"])
        saved, weights = details["callbacks"], self.model.get_weights()
        fresh = callback_state.check(self.stateful, snapshot.arrays, saved, weights)
        for name in fresh if stage_of(snapshot) == self.stage else ():
            self.report(f"{name} starts fresh: the checkpoint has no state of it")
        if line := random_state.backend_warning(self.model, details["random"]):
            self.report(line)
        state.restore(self.model, snapshot)
        random_state.restore(snapshot.arrays, details["random"])
        callback_state.restore(self.stateful, snapshot.arrays, details["callbacks"])
        self.step = self.saved_step = snapshot.step
        self.pace.begin(snapshot.step)
        self.history = details["history"]
        self.best.restore(details["best"], self.history)
        last = self.params["epochs"]
        begin_at(self.model, last if details["stopped"] else details["epoch"])

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Skip the batches that the checkpoint has seen."""
        begin_at(unsynced_model(self), None)  # consumed, even if this epoch fails
        self.epoch, self.first_step, self.seen = epoch, self.step, 0
        self.last_batches.begin_epoch()
        snapshot, self.snapshot = self.snapshot, None
        if snapshot:
            callback_state.check_not_reset(self.stateful, snapshot.details["callbacks"])
            fill_history(self.model.history, self.history)
        if snapshot and (at_start := random_state.at_epoch_start(snapshot.arrays)):
            batches = snapshot.details["batch"]
            self.first_step -= batches
            random_state.restore(at_start, snapshot.details["epoch_random"])
            begin_after(batches, lambda batch: self._restore_again(snapshot, batch))
            if batches and self.last_batches.order_is_unknown:
                self.report(ORDER_UNKNOWN)
        self.random_at_start = random_state.capture()

    def _restore_again(self, snapshot: Snapshot, batch: Any) -> None:
        """Restore again what Keras and callbacks reset at the start of an epoch."""
        model = self.model
        if not snapshot.details["batch"]:  # the generators are at the epoch start
            state.restore(model, snapshot)
            return
        seen = snapshot.details.get("last_batch")
        moved = snapshot.details["random"]["backend"] != keras.config.backend()
        if seen and batch is not None and not moved and digest(batch) != seen:
            self.report(ORDER_CHANGED)
        if not all(getattr(metric, "built", True) for metric in model.metrics):
            build_by_batch(model, batch)
        state.restore(model, snapshot)
        random_state.restore(snapshot.arrays, snapshot.details["random"])

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Count the batch; Keras may call this in a thread, during the next step."""
        self.seen = max(self.seen, batch + 1)

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        """Save before the batch if a save is due or training is interrupted."""
        self.step = self.first_step + batch
        reason = self.interrupted()
        due = reason or self.pace.due_mid_epoch(self.step, self.writer.seconds)
        if due and self.step > self.pace.step:
            self._save(self.epoch, batch, begun=True)
        self._stop(reason)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Save if due, if training is interrupted, or after the last epoch."""
        logs = logs or {}
        self.step = self.first_step + self.seen
        self.history.append({n: np.asarray(v).tolist() for n, v in logs.items()})
        self._warn_if_missing(logs)
        reason = self.interrupted()
        last = unsynced_model(self).stop_training or epoch + 1 == self.params["epochs"]
        due = self.pace.due_after_epoch(epoch + 1, self.writer.seconds)
        is_best = self.best.improved(logs, epoch, self.step)
        if reason or last or due:
            self._save(epoch + 1, 0)
        elif is_best and (snapshot := self._capture(epoch + 1, 0)):
            self.best.snapshot = snapshot  # written with the next checkpoint
        self._stop(reason)

    def _warn_if_missing(self, logs: dict | None = None) -> None:
        if self.best.is_missing(logs):
            self.report(f"no best checkpoint is kept: {self.monitor} is not measured")

    def _stop(self, reason: str) -> None:
        """Raise if writing a checkpoint failed, or if there is a reason to stop."""
        if reason or self.writer.failed:
            self.writer.wait()
        if reason:
            saved = f"step {self.saved_step}" if self.saved_step else "nothing"
            what = f"{reason}; {saved} is saved in {self.folder}"
            raise InterruptedRunError(what, "call fit again to resume")

    def on_train_end(self, logs: dict | None = None) -> None:
        """Wait until the last checkpoint is written."""
        self.writer.wait()
        self._warn_if_missing()
        if self.snapshot:  # nothing was left to train
            fill_history(self.model.history, self.history)
        begin_at(unsynced_model(self), None)
        self.snapshot = None
        self.last_batches.forget()

    def _save(self, epoch: int, batch: int, begun: bool = False) -> None:
        start = time.perf_counter()
        snapshots = self.best.take_pending(self._capture(epoch, batch, begun))
        if snapshots:
            self.writer.write(snapshots, self.best.details)
            self.saved_step = snapshots[-1].step
        self.pace.saved(self.step, start)

    def _capture(self, epoch: int, batch: int, begun: bool = False) -> Snapshot | None:
        """Return the state of the run, or None if weights are not finite.

        Args:
            epoch: The current epoch, or the next one.
            batch: Number of its batches already seen.
            begun: Whether the epoch has begun, so that generators may have drawn its
                order.
        """
        arrays, details = state.capture(self.model)
        if non_finite := state.not_finite(self.model, arrays):
            if not self.refused:
                self.report(
                    f"no checkpoint is saved from step {self.step} on: "
                    f"{non_finite} is not finite"
                )
            self.refused = True
            self.best.withdraw(self.step)
            return None
        self.refused = False
        start_arrays, start_details = self.random_at_start
        # Before the first batch, the current state is that of the epoch start.
        at_start = begun and not batch
        random_arrays, random_details = (
            self.random_at_start if at_start else random_state.capture()
        )
        callback_arrays, callback_details = callback_state.capture(self.stateful)
        arrays |= random_arrays | callback_arrays
        if begun:
            arrays |= random_state.as_epoch_start(start_arrays)
        details |= {
            "about": state.about(self.model),
            "stage": self.stage,
            "epoch": epoch,
            "batch": batch,
            "stopped": bool(unsynced_model(self).stop_training) and not batch,
            "random": random_details,
            "epoch_random": start_details,
            "callbacks": callback_details,
            "history": list(self.history),  # a copy: it is written in the background
            "best": self.best.details,
            "last_batch": self.last_batches.digest(batch - 1),
        }
        return Snapshot(self.step, arrays, details)
