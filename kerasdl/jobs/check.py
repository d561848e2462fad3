"""Find what would keep a run from learning, before it trains."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from kerasdl import tasks
from kerasdl.checkpoint import state
from kerasdl.config import Config
from kerasdl.diagnostics.first_steps import STEPS, first_steps
from kerasdl.diagnostics.gradient_findings import gradient_findings
from kerasdl.diagnostics.unit_findings import unit_findings
from kerasdl.finding import Finding
from kerasdl.jobs import assemble
from kerasdl.jobs.cautions import cautions
from kerasdl.jobs.constant_rate import compile_constant
from kerasdl.jobs.habits import habits
from kerasdl.jobs.layer_outputs import array, layer_outputs
from kerasdl.jobs.parity_gradients import GradientRecorder
from kerasdl.jobs.session import Session, build_session

Batch = tuple[Any, ...]


def check(config: Config, download: bool = False) -> list[Finding]:
    """Return findings about a run to be, the errors first.

    It trains a few steps on one batch, and writes nothing.

    Args:
        config: The config of the run.
        download: As for `assemble.source`.

    Raises:
        ConfigError: If the data do not fit the model.
        DataError: If the data cannot be learned from.
    """
    session = build_session(config, download=download)
    found = [*session.dataset.findings, *cautions(session), *habits(config, session)]
    compile_constant(session)
    found += _of_one_batch(session)
    order = ("error", "warning", "info")
    return sorted(found, key=lambda finding: order.index(finding.severity))


def _of_one_batch(session: Session) -> Iterator[Finding]:
    """Yield what the first batch says."""
    model, batch = session.model, session.batches.epoch(0)[0]
    yield from unit_findings(_rectified(model, batch[0]))
    before = _gradients(session, batch)
    session.compile()
    losses = [_loss(model, batch) for _ in range(STEPS + 1)]
    yield from first_steps(losses, _loss_of_nothing(session, batch))
    yield from gradient_findings(before, _gradients(session, batch))


def _loss(model: keras.Model, batch: Batch) -> float:
    model.reset_metrics()
    return float(model.train_on_batch(*batch, return_dict=True)["loss"])


def _loss_of_nothing(session: Session, batch: Batch) -> float:
    """Return the loss of outputs of zero."""
    shape = len(batch[0]), *session.dataset.encoding.output_shape
    loss = tasks.find(session.config.data.task).loss(session.config)
    value = loss(batch[1], keras.ops.zeros(shape), *batch[2:])
    return float(keras.ops.convert_to_numpy(value))


def _gradients(session: Session, batch: Batch) -> dict[str, np.ndarray]:
    """Return the gradients of a batch by the paths of the variables."""
    recorder = GradientRecorder()
    session.model.compile(recorder, **assemble.compile_arguments(session.config))
    session.model.train_on_batch(*batch)
    trainable = {id(variable) for variable in session.model.trainable_variables}
    names = [
        name.removeprefix("weights/")
        for name, variable in state.variables(session.model).items()
        if id(variable) in trainable
    ]
    return dict(zip(names, map(array, recorder.gradients), strict=True))


def _rectified(model: keras.Model, x: Any) -> dict[str, np.ndarray]:
    """Return the outputs of the layers of rectifiers, by name."""
    outputs = layer_outputs(model, x, training=False)
    rectifiers = keras.activations.relu, keras.activations.relu6
    names = [
        layer.name
        for layer in model.layers
        if isinstance(layer, keras.layers.ReLU)
        or getattr(layer, "activation", None) in rectifiers
    ]
    return {name: outputs[name] for name in names if name in outputs}
