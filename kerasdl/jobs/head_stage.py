"""Training of the last layer alone, before the rest of the network."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import keras

from kerasdl.checkpoint.snapshot import Snapshot
from kerasdl.config import Config
from kerasdl.config.schema import Transfer
from kerasdl.jobs import lora
from kerasdl.jobs.build_session import build_session

if TYPE_CHECKING:
    from kerasdl.jobs.reporter import Reporter
    from kerasdl.jobs.session import Session
    from kerasdl.rundir import RunDir

HEAD = "head"
"""Name of the stage in checkpoints; that of the stage after it is empty."""


def head_stage(session: "Session", snapshot: Snapshot | None) -> "Session | None":
    """Return the session that trains the last layer alone; None if it is over.

    It has `transfer.head_epochs`, a schedule of its own over these, and
    `transfer.head_learning_rate`. What is frozen runs in inference mode.

    Args:
        session: The session of the whole run.
        snapshot: The newest checkpoint of the run; None if it begins.
    """
    config, epochs = session.config, session.config.transfer.head_epochs
    if not epochs or (snapshot and snapshot.details["epoch"] >= epochs):
        return None
    head = build_session(_config(config), session.dataset, is_new=False)
    head.stage = HEAD
    _copy(lora.base(session.model), head.model.weights)
    return head


def train_head(
    session: "Session", head: "Session | None", run: "RunDir", reporter: "Reporter"
) -> None:
    """Train the last layer, if that stage is not over, and leave its checkpoint.

    Args:
        session: The session of the whole run, which goes on from the checkpoint.
        head: What `head_stage` returned.
        run: The run directory.
        reporter: The progress reporter.

    Raises:
        DivergedError: If the run diverged.
        InterruptedRunError: If a signal arrived; the run is saved.
    """
    if head is None:
        return
    head.begun, session.is_told = session.begun, True
    head.train(run, reporter)


def fit_in_memory(session: "Session") -> None:
    """Train without a run directory: the last layer first, if the config says so.

    Raises:
        DivergedError: If the run diverged.
    """
    if head := head_stage(session, None):
        head.fit_in_memory()
        _copy(head.model.weights, lora.base(session.model))
    session.fit_in_memory()


def _copy(values: list[Any], variables: list[Any]) -> None:
    """Copy values; JAX gives the memory of those that are trained away."""
    for value, variable in zip(values, variables, strict=True):
        variable.assign(keras.ops.convert_to_numpy(value))


def _config(config: Config) -> Config:
    transfer, rate = config.transfer, config.transfer.head_learning_rate
    if rate == "auto":
        rate = config.optimizer.learning_rate
    epochs = transfer.head_epochs
    training = replace(
        config.training, epochs=epochs, schedule_epochs="auto", patience=0
    )
    return replace(
        config,
        optimizer=replace(config.optimizer, learning_rate=rate),
        training=training,
        transfer=Transfer(weights=transfer.weights, unfreeze="none"),
    )
