"""What the backend computes in the first steps of a run."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any, cast

import keras
import numpy as np

from kerasdl.backend.float64 import float64
from kerasdl.checkpoint import state
from kerasdl.checkpoint.snapshot import Snapshot
from kerasdl.config import Config
from kerasdl.config.optimization import Constant
from kerasdl.data import Batches, Dataset
from kerasdl.diagnostics.parity import Recording, rounding_noise
from kerasdl.jobs import assemble, fit
from kerasdl.jobs.layer_outputs import array, layer_outputs
from kerasdl.jobs.parity_gradients import GradientRecorder
from kerasdl.jobs.plan import total_steps

Tensors = dict[str, np.ndarray]


def record(config: Config) -> dict[str, Recording]:
    """Return what is computed in float64, and in float32, as runs do.

    Returns:
        Precision to recording. In float32, variables whose gradient is zero but for
        rounding are not trained: Adam, which divides by a gradient's size, would make
        steps of the learning rate of it, on each backend others.

    Raises:
        DataError: If the data cannot be learned from.
    """
    # The schema offers no float64: it works nowhere but here.
    precision = replace(config.precision, policy=cast(Any, "float64"))
    dataset = assemble.dataset(config)
    with float64():
        double = _record(replace(config, precision=precision), dataset)
    single = _record(config, dataset, held=rounding_noise(double))
    return {"float32": single, "float64": double}


def _record(config: Config, dataset: Dataset, held: Collection[str] = ()) -> Recording:
    """Return the outputs, the loss, the gradients and the weights of the first steps.

    Steps are Keras's own, not fused. One is taken at the highest learning rate, since
    warm-up begins at none, and ten as scheduled.
    """
    model = fit.build(config, dataset).model
    batches = assemble.batches(config, dataset)
    compiled, recorder = assemble.compile_arguments(config), GradientRecorder()
    model.compile(recorder, **compiled)
    beginning = _beginning(model)
    recording = _without_training(model, recorder, *batches.epoch(0)[0])
    for name, variable in _trainable(model).items():
        variable.trainable = name not in held
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
    """Return the state without the optimizer, which is yet to be replaced."""
    arrays, _ = state.capture(model)
    return Snapshot(
        0, {n: a for n, a in arrays.items() if not n.startswith("optimizer/")}
    )


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


def _trainable(model: keras.Model) -> dict[str, keras.Variable]:
    """Return the trainable variables by path, in their order."""
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
