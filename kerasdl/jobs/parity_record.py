"""What the backend computes in the first steps of a run."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import keras
import numpy as np

from kerasdl.checkpoint import state
from kerasdl.checkpoint.snapshot import Snapshot
from kerasdl.config import Config
from kerasdl.config.optimization import Constant
from kerasdl.data import Batches
from kerasdl.diagnostics.parity import NUDGE, Recording, errors, rounding_noise
from kerasdl.jobs import assemble, fit
from kerasdl.jobs.layer_outputs import array, layer_outputs
from kerasdl.jobs.parity_gradients import GradientRecorder
from kerasdl.jobs.plan import total_steps

Tensors = dict[str, np.ndarray]


def record(config: Config) -> Recording:
    """Return the outputs, the loss, the gradients and the weights of the first steps.

    Steps are Keras's own, not fused. One is taken at the highest learning rate, since
    warm-up begins at none, and ten as scheduled.

    Raises:
        DataError: If the data cannot be learned from.
    """
    parts = fit.build(config)
    model, batches = parts.model, assemble.batches(config, parts.dataset)
    recorder, compiled = GradientRecorder(), assemble.compile_arguments(config)
    model.compile(recorder, **compiled)
    recording = _without_training(model, recorder, *batches.epoch(0)[0])
    _hold(model, rounding_noise(recording))
    steps, accumulate = total_steps(config, len(batches.x)), config.training.accumulate
    for stage, updates, schedule in (
        ("weights_after_1_step", 1, Constant()),
        ("weights_after_10_steps", 10, config.schedule),
    ):
        scheduled = replace(config, schedule=schedule)
        model.compile(assemble.optimizer(scheduled, model, steps), **compiled)
        train = partial(_trained, model, batches, updates * accumulate)
        _observe(stage, model, train, recording)
    return recording


def _without_training(
    model: keras.Model, recorder: GradientRecorder, x: Any, y: Any
) -> Recording:
    """Return what the model computes of one batch."""
    recording: Recording = {
        "first_batch": {"inputs": x, "targets": y},
        "initial_weights": _weights(model),
        "inference_outputs": layer_outputs(model, x, training=False),
        "training_outputs": layer_outputs(model, x, training=True),
        "loss": {},
        "sensitivity": {},
    }

    def gradients() -> Tensors:
        logs = model.train_on_batch(x, y, return_dict=True)
        recording["loss"].setdefault(model.name, np.array(logs["loss"]))
        named = zip(_trainable(model), recorder.gradients, strict=True)
        # From the last layer back, as they are computed.
        return {name: array(gradient) for name, gradient in reversed([*named])}

    _observe("gradients", model, gradients, recording)
    return recording


def _observe(
    stage: str, model: keras.Model, compute: Callable[[], Tensors], into: Recording
) -> None:
    """Record a stage, and how far it is off where the weights are nudged.

    Each weight goes up or down, then the other way: one of the two crosses the kink of
    a ReLU that is near.
    """
    beginning = Snapshot(0, *state.capture(model))
    into[stage] = compute()
    found = []
    for share in (NUDGE, -NUDGE):
        state.restore(model, _nudged(beginning, share))
        found.append(errors(stage, compute(), into[stage]))
    state.restore(model, beginning)
    for name in into[stage]:
        worst = np.max([error[name] for error in found])
        into["sensitivity"][f"{stage}/{name}"] = np.array(worst)


def _nudged(beginning: Snapshot, share: float) -> Snapshot:
    generator = np.random.default_rng(0)
    nudged = {
        name: array * generator.choice((1 - share, 1 + share), array.shape)
        for name, array in beginning.arrays.items()
        if name.startswith("weights/")
    }
    return replace(beginning, arrays=beginning.arrays | nudged)


def _hold(model: keras.Model, names: dict[str, float]) -> None:
    """Do not train what has no gradient but rounding noise.

    Adam, which divides by a gradient's size, would make steps of the learning rate of
    it, on each backend others.
    """
    for name, variable in _trainable(model).items():
        if name in names:
            variable.trainable = False


def _weights(model: keras.Model) -> Tensors:
    """Return all weights, by path."""
    arrays, _ = state.capture(model)
    named = ((name.partition("/"), array) for name, array in arrays.items())
    return {path: array for (group, _, path), array in named if group == "weights"}


def _trainable(model: keras.Model) -> dict[str, keras.Variable]:
    """Return the trainable variables, by the same names."""
    trainable = {id(variable) for variable in model.trainable_variables}
    return {
        name.removeprefix("weights/"): variable
        for name, variable in state.variables(model).items()
        if id(variable) in trainable
    }


def _trained(model: keras.Model, batches: Batches, count: int) -> Tensors:
    """Take steps, and return the weights after them."""
    for step in range(count):
        epoch, index = divmod(step, len(batches))
        model.train_on_batch(*batches.epoch(epoch)[index])
    return _weights(model)
