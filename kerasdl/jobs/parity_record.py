"""Record what the backend computes in the first steps of a run."""

import math
from collections.abc import Collection
from dataclasses import replace
from typing import Any, cast

import keras
import numpy as np

from kerasdl.backend.feed import Feed
from kerasdl.backend.float64 import float64
from kerasdl.backend.fused import accelerate
from kerasdl.backend.keras_internals import moving_averages
from kerasdl.checkpoint import state
from kerasdl.checkpoint.snapshot import Snapshot
from kerasdl.config import Config
from kerasdl.data import ArrayExamples, Batches, Dataset
from kerasdl.data.batches import updates_per_epoch
from kerasdl.diagnostics.parity import Recording, rounding_noise
from kerasdl.jobs import assemble
from kerasdl.jobs.build_session import build_session
from kerasdl.jobs.layer_outputs import array, layer_outputs
from kerasdl.jobs.parity_gradients import GradientRecorder
from kerasdl.optimizers import innermost
from kerasdl.schedules.tables import ConstantTable

Tensors = dict[str, np.ndarray]


def record(config: Config, download: bool = False) -> dict[str, Recording]:
    """Return what is computed in float32, as runs do, and in float64.

    Args:
        config: The config to train.
        download: As for `assemble.source`.

    Returns:
        Precision to recording. In float32, variables whose gradient is zero except for
        rounding are frozen. Adam divides by a gradient's size, so it would turn the
        rounding into full steps, different on each backend.

    Raises:
        DataError: If the data cannot be learned from.
    """
    # The schema offers no float64: only this job supports it.
    precision = replace(config.precision, policy=cast(Any, "float64"))
    dataset = assemble.dataset(config, download)
    with float64():
        double = _record(replace(config, precision=precision), dataset)
    single = _record(config, dataset, frozen=rounding_noise(double))
    return {"float32": single, "float64": double}


def _record(
    config: Config, dataset: Dataset, frozen: Collection[str] = ()
) -> Recording:
    """Return the outputs, the loss, the gradients and the weights of the first steps.

    The one step is Keras's own, at the highest learning rate, since warm-up starts at
    0. The ten steps are those of `_short_run`.
    """
    session = build_session(config, dataset)
    config, model = session.config, session.model
    batches = assemble.batches(config, dataset)
    arguments, recorder = assemble.compile_arguments(config), GradientRecorder()
    model.compile(recorder, **arguments)
    initial_state = _state_without_optimizer(model)
    recording = _record_first_batch(model, recorder, *batches.epoch(0)[0])
    for name, variable in _trainable(model).items():
        variable.trainable = name not in frozen
    state.restore(model, initial_state)
    single = replace(config, schedule=ConstantTable())
    model.compile(assemble.optimizer(single, model, 1), **arguments)
    model.train_on_batch(*batches.epoch(0)[0])
    recording["weights_after_1_step"] = _weights(model)
    state.restore(model, initial_state)
    gradients = recording["gradients"].values()
    norm = float(np.linalg.norm([np.linalg.norm(g) for g in gradients]))
    recording["weights_after_10_steps"] = _short_run(config, model, batches, norm)
    state.restore(model, initial_state)
    accumulated = _short_run(config, model, batches, norm, accumulate=3)
    recording["weights_after_10_steps"] |= {
        f"{name}/accumulated": array for name, array in accumulated.items()
    }
    return recording


def _short_run(
    config: Config,
    model: keras.Model,
    batches: Batches,
    norm: float,
    accumulate: int = 1,
) -> Tensors:
    """Train as a run does, so that ten updates cover all features of training.

    They cover every phase of the schedule, active clipping (if the config clips), a
    ragged last batch and the moving average of weights. With `accumulate`, the last
    update of an epoch takes fewer batches. Steps are fused if the config fuses them. The
    rate is a tenth of the config's, because rounding in float32 grows with each step.

    Args:
        config: The resolved config.
        model: The model, built.
        batches: The training split, of at least 9 examples for a ragged batch.
        norm: The norm of the first batch's gradients.
        accumulate: Batches per update.

    Returns:
        The weights and their averages.
    """
    size = max(2, min(batches.batch_size // 2, 2 * len(batches.examples) // 9))
    rows = np.arange(4 * size + size // 2)  # the last batch has half as many
    subset = ArrayExamples(*batches.examples.take(rows))
    weights = None if batches.weights is None else batches.weights[rows]
    short_epoch = replace(batches, examples=subset, batch_size=size, weights=weights)
    epochs = math.ceil(10 / updates_per_epoch(len(short_epoch), accumulate))
    short = _shortened(config, norm, accumulate, epochs)
    assemble.compile_model(short, model, len(short_epoch))
    if config.training.accelerate:
        accelerate(model, report=lambda _: None)
    feed, result = Feed(short_epoch), {}
    # Before Keras replaces the weights by their averages, at the end of training.
    keep = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: result.update(
            _weights(model) | _averages(model)
        )
    )
    cuts = assemble.plateau(short, "min", lambda line: None)
    callbacks = [feed.follow(), *cuts, keep]
    model.fit(feed, shuffle=False, epochs=epochs, callbacks=callbacks, verbose=0)
    return result


def _shortened(config: Config, norm: float, accumulate: int, epochs: int) -> Config:
    """Return the config of a short run."""
    optimizer, schedule = config.optimizer, config.schedule.shortened()
    optimizer = replace(
        optimizer,
        learning_rate=optimizer.learning_rate / 10,
        ema_momentum=optimizer.ema_momentum or 0.9,
        global_clipnorm=min(optimizer.global_clipnorm, norm / 2),
    )
    training = replace(
        config.training,
        accumulate=accumulate,
        epochs=epochs,
        schedule_epochs="auto",
        monitor="loss",
    )
    return replace(config, training=training, optimizer=optimizer, schedule=schedule)


def _state_without_optimizer(model: keras.Model) -> Snapshot:
    """Return the state without the optimizer, which is replaced later."""
    arrays, _ = state.capture(model)
    return Snapshot(
        0, {n: a for n, a in arrays.items() if not n.startswith("optimizer/")}
    )


def _record_first_batch(
    model: keras.Model, recorder: GradientRecorder, x: Any, y: Any, weights: Any = None
) -> Recording:
    """Return what the model computes for one batch, without training."""
    recording: Recording = {
        "first_batch": {"inputs": x, "targets": y},
        "initial_weights": _weights(model),
        "inference_outputs": layer_outputs(model, x, training=False),
        "training_outputs": layer_outputs(model, x, training=True),
    }
    if weights is not None:
        recording["first_batch"]["weights"] = weights
    logs = model.train_on_batch(x, y, weights, return_dict=True)
    recording["loss"] = {model.name: np.array(logs["loss"])}
    named = zip(_trainable(model), recorder.gradients, strict=True)
    # From the last layer back, in the order of computation.
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
    """Return the trainable variables by path, in order."""
    trainable = {id(variable) for variable in model.trainable_variables}
    return {
        name.removeprefix("weights/"): variable
        for name, variable in state.variables(model).items()
        if id(variable) in trainable
    }


def _averages(model: keras.Model) -> Tensors:
    """Return the moving averages of the trained weights, by path."""
    averages = moving_averages(innermost(model.optimizer))
    named = zip(_trainable(model), averages, strict=True)
    return {f"{name}/average": array(average) for name, average in named}
