"""What the backend computes in the first steps of a run."""

from dataclasses import replace
from typing import Any

import keras
import numpy as np

from kerasdl.backend.float64 import POLICY, float64
from kerasdl.checkpoint import state
from kerasdl.checkpoint.snapshot import Snapshot
from kerasdl.config import Config
from kerasdl.config.optimization import Constant
from kerasdl.data import Batches
from kerasdl.diagnostics.parity import Recording
from kerasdl.jobs import assemble, fit
from kerasdl.jobs.layer_outputs import array, layer_outputs
from kerasdl.jobs.parity_gradients import GradientRecorder
from kerasdl.jobs.plan import total_steps

Tensors = dict[str, np.ndarray]


def record(config: Config) -> dict[str, Recording]:
    """Return what is computed in float32, as runs do, and once more in float64.

    Raises:
        DataError: If the data cannot be learned from.
    """
    recordings = {"float32": _record(config)}
    with float64():
        exact: Any = POLICY  # no policy for runs, for which Keras alone is not enough
        precision = replace(config.precision, policy=exact)
        recordings["float64"] = _record(replace(config, precision=precision))
    return recordings


def _record(config: Config) -> Recording:
    """Return the outputs, the loss, the gradients and the weights of the first steps.

    Steps are Keras's own, not fused. One is taken at the highest learning rate, since
    warm-up begins at none, and ten as scheduled.
    """
    parts = fit.build(config)
    model, batches = parts.model, assemble.batches(config, parts.dataset)
    compiled, recorder = assemble.compile_arguments(config), GradientRecorder()
    model.compile(recorder, **compiled)
    beginning = _beginning(model)
    recording = _without_training(model, recorder, *batches.epoch(0)[0])
    steps, accumulate = total_steps(config, len(batches.x)), config.training.accumulate
    for stage, updates, schedule in (
        ("weights_after_1_step", 1, Constant()),
        ("weights_after_10_steps", 10, config.schedule),
    ):
        state.restore(model, beginning)
        scheduled = replace(config, schedule=schedule)
        model.compile(assemble.optimizer(scheduled, model, steps), **compiled)
        recording[stage] = _trained(model, batches, updates * accumulate)
    return recording


def _beginning(model: keras.Model) -> Snapshot:
    """Return the state of all but the optimizer."""
    arrays, optimizer = state.capture(model)
    kept = {n: a for n, a in arrays.items() if not n.startswith("optimizer/")}
    return Snapshot(0, kept, optimizer)


def _without_training(
    model: keras.Model, recorder: GradientRecorder, x: Any, y: Any
) -> Recording:
    """Return what the model computes of one batch."""
    recording: Recording = {
        "first_batch": {"inputs": x, "targets": y},
        "initial_weights": _weights(model),
        "inference_outputs": layer_outputs(model, x, training=False),
        "training_outputs": layer_outputs(model, x, training=True),
    }
    logs = model.train_on_batch(x, y, return_dict=True)
    recording["loss"] = {model.name: np.array(logs["loss"])}
    named = zip(_trainable(model), recorder.gradients, strict=True)
    # From the last layer back, as they are computed.
    recording["gradients"] = {
        name: array(gradient) for name, gradient in reversed([*named])
    }
    return recording


def _weights(model: keras.Model) -> Tensors:
    """Return all weights, by path."""
    arrays, _ = state.capture(model)
    named = ((name.partition("/"), array) for name, array in arrays.items())
    return {path: array for (group, _, path), array in named if group == "weights"}


def _trainable(model: keras.Model) -> list[str]:
    """Return the paths of the trainable variables, in their order."""
    trainable = {id(variable) for variable in model.trainable_variables}
    return [
        name.removeprefix("weights/")
        for name, variable in state.variables(model).items()
        if id(variable) in trainable
    ]


def _trained(model: keras.Model, batches: Batches, count: int) -> Tensors:
    """Take steps, and return the weights after them."""
    for step in range(count):
        epoch, index = divmod(step, len(batches))
        model.train_on_batch(*batches.epoch(epoch)[index])
    return _weights(model)
