"""Save the whole state of a training, and take it up where it stopped."""

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
from kerasdl.checkpoint.older import translated
from kerasdl.checkpoint.renumbered import renumbered
from kerasdl.checkpoint.snapshot import Snapshot
from kerasdl.checkpoint.writer import Writer
from kerasdl.errors import InterruptedRunError


class Checkpoint(keras.callbacks.Callback):
    """Save the whole state of `model.fit`, and take it up when `fit` is called again.

    A checkpoint holds weights, optimizer, metrics, seed generators, the generators of
    Python, NumPy and the backend, the place in the epoch, the history, and what other
    callbacks know. It appears whole or not at all, and is written beside training. When
    training begins, the newest one in the folder that verifies is taken up: the epoch
    goes on after the batches it has seen. So give the same call of `fit` again::

        stopping = keras.callbacks.EarlyStopping("loss", patience=3)
        checkpoint = Checkpoint("checkpoints", monitor="loss", stateful=[stopping])
        model.fit(x, y, epochs=10, callbacks=[stopping, checkpoint])

    On the same backend the result is that of a training never stopped, to the bit, if
    the batches are a function of the epoch and of generators that are kept. Under
    TensorFlow that is not so for arrays that Keras shuffles.

    Args:
        folder: Where checkpoints are written, as `step-00000420`, after 420 batches.
        every_steps: Save after so many batches, as soon as callbacks are called; 0
            never. Several may make one update of the weights.
        every_epochs: Save after so many epochs; 0 never. `auto` saves at the end of
            each, but lets fifty times as long pass as saving takes (a bound on its cost
            as in Mohan et al. 2021, CheckFreq, section 4.4).
        every_minutes: Save after so many minutes; 0 never. `auto` is a minute, or
            longer by the same rule.
        keep: How many of the newest checkpoints stay, at least 2; the best one stays
            as well.
        monitor: The metric, by its name in the logs, that decides which one is best.
            The state of an epoch that is the best so far is kept in memory until the
            next save, if none is due.
        mode: Whether the best is the lowest (`min`) or the highest (`max`).
        stateful: The callbacks whose state is kept. They must stand before this one in
            the list for `fit`. Of a callback that is neither ours nor Keras's,
            `get_state()` shall return a dict of plain values, and `set_state(dict)`
            take it.
        interrupted: Asked before each execution and after each epoch; what it returns,
            unless it is empty, is why training shall be saved and stopped.
        report: Takes a line for each checkpoint that is passed over, being damaged,
            one if layers will draw other numbers than on the backend before, and one if
            `monitor` is not among the metrics;
            without it, they are warnings.

    Raises:
        ValueError: If an argument is out of its range; from `fit`, if a `stateful`
            callback of Keras stands behind this one.
        ModelFileError: From `fit`, if a checkpoint is of another model or optimizer,
            which stay as they are, or if none verifies.
        StorageError: From `fit`, if the disk refuses; the last checkpoint stays.
        InterruptedRunError: From `fit`, if it was interrupted, once it is saved.
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
        interrupted: Callable[[], str] = lambda: "",
        report: Callable[[str], None] | None = None,
    ):
        super().__init__()
        if keep < 2:
            raise ValueError(f"`keep` (={keep}) must be ≥ 2: the newest may be damaged")
        callback_state.check_keepable(stateful)
        self.folder = Path(folder)
        self.pace = Pace(every_steps, every_epochs, every_minutes)
        self.monitor = monitor
        self.mode: Literal["min", "max"] = mode
        self.stateful = stateful
        self.interrupted = interrupted
        self.report = report or (lambda line: warnings.warn(line, stacklevel=2))
        self.writer = Writer(self.folder, keep)

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Take up the newest checkpoint, if there is one."""
        self.writer.settle()
        callbacks = callbacks_of_fit(self)
        callback_state.check_order(callbacks, self)
        for line in callback_state.not_kept(callbacks, self.stateful):
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
            former, self.snapshot = self.snapshot, translated(self.model, self.snapshot)
            if self.snapshot is not former:
                self.report(
                    "of version 0.1.0: updates now end with the epoch at latest"
                )
            self.snapshot = renumbered(self.model, self.snapshot)
            self._resume(self.snapshot)

    def _resume(self, snapshot: Snapshot) -> None:
        details = snapshot.details
        state.check(self.model, snapshot)
        random_state.check(snapshot.arrays, details["random"])
        kept, weights = details["callbacks"], self.model.get_weights()
        for name in callback_state.check(self.stateful, snapshot.arrays, kept, weights):
            self.report(f"{name} begins anew: the checkpoint keeps nothing of it")
        if line := random_state.other_draws(self.model, details["random"]):
            self.report(line)
        state.restore(self.model, snapshot)
        random_state.restore(snapshot.arrays, details["random"])
        callback_state.restore(self.stateful, snapshot.arrays, details["callbacks"])
        self.step = self.saved_step = snapshot.step
        self.pace.begin(snapshot.step)
        self.history = details["history"]
        self.best.take_up(details["best"], self.history)
        ended = self.params["epochs"]
        begin_at(self.model, ended if details["stopped"] else details["epoch"])

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Leave out the batches that a checkpoint has seen."""
        begin_at(unsynced_model(self), None)  # it is taken, also if this epoch fails
        self.epoch, self.first_step, self.seen = epoch, self.step, 0
        self.last_batches.begin_epoch()
        snapshot, self.snapshot = self.snapshot, None
        if snapshot:
            callback_state.check_kept(self.stateful, snapshot.details["callbacks"])
            fill_history(self.model.history, self.history)
        if snapshot and (of_epoch := random_state.of_epoch(snapshot.arrays)):
            batches = snapshot.details["batch"]
            self.first_step -= batches
            random_state.restore(of_epoch, snapshot.details["epoch_random"])
            begin_after(batches, lambda batch: self._arrive(snapshot, batch))
            if batches and self.last_batches.order_is_unknown:
                self.report(ORDER_UNKNOWN)
        self.begin = random_state.capture()

    def _arrive(self, snapshot: Snapshot, batch: Any) -> None:
        """Restore once more what Keras and callbacks set anew when an epoch begins."""
        model = self.model
        if not snapshot.details["batch"]:  # the generators are where it began
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
        """Count; Keras may call this in another thread, amid the next step."""
        self.seen = max(self.seen, batch + 1)

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        """Save the batches before if it is time, or if training is interrupted."""
        self.step = self.first_step + batch
        reason = self.interrupted()
        due = reason or self.pace.due_amid_epoch(self.step, self.writer.seconds)
        if due and self.step > self.pace.step:
            self._save(self.epoch, batch, begun=True)
        self._stop(reason)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Save if it is time, if training is interrupted, or after the last epoch."""
        logs = logs or {}
        self.step = self.first_step + self.seen
        self.history.append({n: np.asarray(v).tolist() for n, v in logs.items()})
        self._tell_if_missing(logs)
        reason = self.interrupted()
        last = unsynced_model(self).stop_training or epoch + 1 == self.params["epochs"]
        due = self.pace.due_after_epoch(epoch + 1, self.writer.seconds)
        is_best = self.best.improved(logs, epoch, self.step)
        if reason or last or due:
            self._save(epoch + 1, 0)
        elif is_best and (snapshot := self._capture(epoch + 1, 0)):
            self.best.snapshot = snapshot  # written with the next one
        self._stop(reason)

    def _tell_if_missing(self, logs: dict | None = None) -> None:
        if self.best.is_missing(logs):
            self.report(f"no best checkpoint is kept: {self.monitor} is not measured")

    def _stop(self, reason: str) -> None:
        """Raise if the disk refused a checkpoint, or if there is a reason to stop."""
        if reason or self.writer.failed:
            self.writer.wait()
        if reason:
            saved = f"step {self.saved_step}" if self.saved_step else "nothing"
            what = f"{reason}; {saved} is saved in {self.folder}"
            raise InterruptedRunError(what, "call fit again to go on")

    def on_train_end(self, logs: dict | None = None) -> None:
        """Wait until the last checkpoint is written."""
        self.writer.wait()
        self._tell_if_missing()
        if self.snapshot:  # nothing was left to train
            fill_history(self.model.history, self.history)
        begin_at(unsynced_model(self), None)
        self.snapshot = None
        self.last_batches.forget()

    def _save(self, epoch: int, batch: int, begun: bool = False) -> None:
        begin = time.perf_counter()
        snapshots = self.best.with_kept(self._capture(epoch, batch, begun))
        if snapshots:
            self.writer.write(snapshots, self.best.details)
            self.saved_step = snapshots[-1].step
        self.pace.saved(self.step, begin)

    def _capture(self, epoch: int, batch: int, begun: bool = False) -> Snapshot | None:
        """Return the state of the run, or None if weights are not finite.

        Args:
            epoch: The epoch that goes on, or comes next.
            batch: How many of its batches are seen.
            begun: Whether it has begun, so that generators may have drawn its order.
        """
        arrays, details = state.capture(self.model)
        if lost := state.not_finite(self.model, arrays):
            if not self.refused:
                self.report(
                    f"no step from {self.step} on is saved: {lost} is not finite"
                )
            self.refused = True
            self.best.refuse(self.step)
            return None
        self.refused = False
        begin_arrays, begin_details = self.begin
        # Before its first batch, generators and epoch are taken from the same moment.
        at_begin = begun and not batch
        random_arrays, random_details = (
            self.begin if at_begin else random_state.capture()
        )
        callback_arrays, callback_details = callback_state.capture(self.stateful)
        arrays |= random_arrays | callback_arrays
        if begun:
            arrays |= random_state.as_of_epoch(begin_arrays)
        details |= {
            "about": state.about(self.model),
            "epoch": epoch,
            "batch": batch,
            "stopped": bool(unsynced_model(self).stop_training) and not batch,
            "random": random_details,
            "epoch_random": begin_details,
            "callbacks": callback_details,
            "history": list(self.history),  # written while training goes on
            "best": self.best.details,
            "last_batch": self.last_batches.digest(batch - 1),
        }
        return Snapshot(self.step, arrays, details)
