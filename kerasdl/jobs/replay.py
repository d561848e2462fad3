"""Rerun the step at which a run diverged."""

from dataclasses import replace
from typing import Any

import keras
import numpy as np

from kerasdl.backend import settings
from kerasdl.checkpoint import state
from kerasdl.checkpoint.older import without_sums
from kerasdl.jobs import assemble, capsule, encodings
from kerasdl.jobs.layer_outputs import layer_outputs
from kerasdl.jobs.size_limits import limited_to_checkpoint
from kerasdl.rundir import RunDir


def replay(run: RunDir) -> dict[str, Any]:
    """Rerun the step in a run's capsule, on the backend that Keras runs on.

    Returns:
        The `run`, and the `step`, its `epoch` and its `batch`, all 0-based; `step`
        counts from the start of the run. The `loss`, whether the gradient is `finite`,
        and the `largest_weight`. The first `layer` with a non-finite output, or None.

    Raises:
        BackendError: If a script changed the Keras settings that runs need.
        ModelFileError: If there is no capsule, or it does not fit the run.
    """
    settings.check()
    snapshot = capsule.read(run)
    config, details = run.read_config(), snapshot.details
    encoding = encodings.read(run, config)
    capsule.check(snapshot, encoding.input_shape)
    with limited_to_checkpoint(snapshot, run.capsule):
        model = assemble.model(config, encoding)
    per_epoch = capsule.batches_per_epoch(snapshot)
    if "batch/x" in snapshot.arrays:  # version 0.1.0: one batch, even if accumulating
        config = replace(config, training=replace(config.training, accumulate=1))
        snapshot = without_sums(snapshot)
    monitor = assemble.compile_model(config, model, per_epoch)
    state.check(model, snapshot)
    state.restore(model, snapshot)
    batches = capsule.batches_of(snapshot)
    layers = (_first_non_finite_layer(model, x) for x, *_ in batches)
    layer = next(filter(None, layers), None)
    logs: dict[str, Any] = {}
    for batch in batches:
        logs = model.train_on_batch(*batch, return_dict=True)
    weights = [keras.ops.convert_to_numpy(w) for w in model.trainable_weights]
    return {
        "run": run.name,
        "step": snapshot.step,
        "epoch": details["epoch"],
        "batch": details["batch"],
        "loss": float(logs["loss"]),
        "finite": not keras.ops.convert_to_numpy(monitor.skipped_in_a_row),
        "layer": layer,
        "largest_weight": float(max(np.abs(weight).max() for weight in weights)),
    }


def _first_non_finite_layer(model: keras.Model, x: np.ndarray) -> str | None:
    """Return the first layer in model order with a non-finite output, or None."""
    outputs = layer_outputs(model, x, training=True)
    bad = (name for name, output in outputs.items() if not np.isfinite(output).all())
    return next(bad, None)
