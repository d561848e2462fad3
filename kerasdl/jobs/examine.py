"""What a run's first steps show, and the layers of its trained model."""

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np

from kerasdl.backend.optimizer_chain import optimizer_chain
from kerasdl.diagnostics.saturation_findings import saturation_findings
from kerasdl.diagnostics.unit_findings import unit_findings
from kerasdl.errors import reason_of
from kerasdl.finding import Finding
from kerasdl.jobs import assemble
from kerasdl.jobs.batch_findings import batch_findings
from kerasdl.jobs.build_session import build_session
from kerasdl.jobs.config_to_resume import check_same
from kerasdl.jobs.constant_rate import compile_constant
from kerasdl.jobs.curvature import curvature
from kerasdl.jobs.first_batch import Batch, as_numpy
from kerasdl.jobs.forward import forward
from kerasdl.model_file.loading import load
from kerasdl.rundir import RunDir

EXAMPLES = 128
"""Training examples that the trained model sees."""


def examined(run: RunDir) -> Iterator[Finding]:
    """Yield what the first steps of a run show, and the layers of its trained model.

    It trains a few steps on one batch, and writes nothing. The backend is selected.

    Raises:
        ConfigError: If the data do not fit the model.
        DataError: If the data cannot be read any more, or are others than those of the
            run.
        ModelFileError: If the trained model is damaged.
        UnsafeError: If it names classes or functions that could run code.
    """
    yield from _first_steps(run)
    if run.model_file.is_file():
        yield from _trained_layers(run)


def _first_steps(run: RunDir) -> Iterator[Finding]:
    """Yield what one batch says of a run before it trains; see `check_run`."""
    config = run.read_config()
    if (source := config.transfer.weights) and not Path(source).exists():
        what = f"{source} is gone, so that the first steps cannot be repeated"
        yield Finding("initial-weights", what, severity="info")
        return
    session = build_session(config)
    check_same(run, session.dataset.sha256)
    once = replace(session.config.training, accumulate=1)
    session.config = replace(session.config, training=once)
    compile_constant(session)
    batch = as_numpy(session.batches.epoch(0)[0])
    yield from _sharpness(session.model, batch)
    yield from batch_findings(session.model, batch)


def _sharpness(model: keras.Model, batch: Batch) -> Iterator[Finding]:
    """Yield a finding if gradient descent cannot be stable at its learning rate.

    With momentum β, it diverges above 2(1 + β) divided by the largest eigenvalue of the
    Hessian (Cohen et al. 2021, https://arxiv.org/abs/2103.00065, appendix B).
    """
    *_, optimizer = optimizer_chain(model.optimizer)
    if not isinstance(optimizer, keras.optimizers.SGD):
        return
    rate = float(keras.ops.convert_to_numpy(optimizer.learning_rate))
    try:
        largest = curvature(model, *batch[:2])
    except Exception as fault:  # noqa: BLE001  an operation without a second derivative
        what = f"the curvature is not known: {reason_of(fault)}"
        yield Finding("sharpness", what, severity="info")
        return
    limit = 2 * (1 + optimizer.momentum) / largest if largest > 0 else math.inf
    if rate > limit:
        what = (
            f"a rate of {rate:g} is above {limit:.3g}, where gradient descent diverges"
        )
        hint, why = "lower the learning rate", "Cohen et al. 2021, arXiv 2103.00065"
        rule = f"<= {limit:.3g}"
        yield Finding("sharpness", what, hint, value=rate, rule=rule, why=why)


def _trained_layers(run: RunDir) -> Iterator[Finding]:
    """Yield what the layers of a trained model show of some training examples."""
    examples = assemble.dataset(run.read_config()).train
    count = min(EXAMPLES, len(examples))
    x, _ = examples.take(np.linspace(0, len(examples) - 1, count).astype(int))
    model, _ = load(run.model_file)
    passed = forward(model, as_numpy(x))
    for found in (
        *saturation_findings(passed.bounded),
        *unit_findings(passed.rectified),
    ):
        yield replace(found, kind=f"trained-{found.kind}")
