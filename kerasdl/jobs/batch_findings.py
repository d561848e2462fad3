"""What one batch says of a model: the core of every check."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from kerasdl.diagnostics.equal_units import equal_units
from kerasdl.diagnostics.first_steps import STEPS, first_steps
from kerasdl.diagnostics.gradient_findings import gradient_findings
from kerasdl.diagnostics.imprecise_gradients import imprecise_gradients
from kerasdl.diagnostics.input_findings import input_findings
from kerasdl.diagnostics.saturation_findings import (
    saturation_findings,
    vanishing_gradient,
)
from kerasdl.diagnostics.target_findings import target_findings
from kerasdl.diagnostics.unit_findings import unit_findings
from kerasdl.errors import reason_of
from kerasdl.finding import Finding
from kerasdl.jobs.first_batch import Batch, named
from kerasdl.jobs.float64_gradients import NotComparableError, both_gradients
from kerasdl.jobs.forward import Forward, forward
from kerasdl.jobs.layer_outputs import array
from kerasdl.jobs.loss_kind import loss_kind
from kerasdl.jobs.loss_of_nothing import loss_of_nothing
from kerasdl.jobs.recorded_gradients import recorded_gradients


def batch_findings(model: keras.Model, batch: Batch) -> Iterator[Finding]:
    """Yield what a batch says of a built model. It trains, and does not restore.

    Args:
        model: The model; its learning rate is a number if it is compiled.
        batch: NumPy arrays `(x,)`, `(x, y)` or `(x, y, weights)`.
    """
    try:
        passed = forward(model, batch[0])
    except Exception as fault:  # noqa: BLE001  any fault of a third-party layer
        yield _failed("the model cannot be called on the first batch", fault)
        return
    facts = [*_facts(model, batch, passed)]
    yield from facts
    kernels = trained_kernels(model)
    if not model.compiled or any(_is_fatal(fact) for fact in facts):
        yield from equal_units(kernels)
        return
    try:
        yield from _steps(model, batch, passed, kernels)
    except Exception as fault:  # noqa: BLE001
        yield _failed("the first step fails", fault)


def _facts(model: keras.Model, batch: Batch, passed: Forward) -> Iterator[Finding]:
    """Yield what needs no gradient."""
    yield from input_findings(named(batch[0], "inputs"), passed.seen)
    yield from saturation_findings(passed.bounded)
    yield from unit_findings(passed.rectified)
    if len(batch) < 2 or not model.compiled:
        return
    targets, outputs = named(batch[1], "targets"), passed.outputs
    losses = _losses(model, len(outputs))
    if len(targets) == len(outputs) == len(losses):
        each = zip(losses, targets.items(), outputs, passed.activations, strict=True)
        for loss, (name, y), output, activation in each:
            yield from target_findings(loss_kind(loss), y, output, activation, name)


def _steps(
    model: keras.Model, batch: Batch, passed: Forward, kernels: dict[str, np.ndarray]
) -> Iterator[Finding]:
    """Yield what gradients and losses say while the batch is learned."""
    before = _recorded(model, batch)
    if before:
        yield from _precision(model, batch)
    losses = [_loss(model, batch) for _ in range(STEPS + 1)]
    yield from equal_units(kernels, trained_kernels(model))
    if None not in losses:
        nothing = loss_of_nothing(model, batch, passed.outputs)
        yield from first_steps([loss for loss in losses if loss is not None], nothing)
    after = before and _recorded(model, batch)
    if not after:
        what = "the gradients of its own train_step are not checked"
        yield Finding("gradient", what, severity="info")
        return
    yield from gradient_findings(before, after)
    if passed.bounded:
        yield from vanishing_gradient(before, after)


def _precision(model: keras.Model, batch: Batch) -> Iterator[Finding]:
    """Yield what the gradients in float64 say."""
    try:
        single, double = both_gradients(model, batch)
    except NotComparableError as fault:
        what = f"gradients are not compared with float64: {fault}"
        yield Finding("wrong-gradient", what, severity="info")
        return
    yield from imprecise_gradients(single, double, keras.config.backend())


def _recorded(model: keras.Model, batch: Batch) -> dict[str, np.ndarray]:
    """Return the gradients, or nothing if the model's own step hides them."""
    try:
        return recorded_gradients(model, batch)
    except Exception:
        if type(model).train_step is keras.Model.train_step:
            raise
        return {}


def _loss(model: keras.Model, batch: Batch) -> float | None:
    model.reset_metrics()
    logs = model.train_on_batch(*batch, return_dict=True)
    return float(logs["loss"]) if "loss" in logs else None


def _losses(model: keras.Model, count: int) -> list[Any]:
    """Return the loss of each output."""
    losses = keras.tree.flatten(model.loss)
    return losses * count if len(losses) == 1 else losses


def _is_fatal(finding: Finding) -> bool:
    """Return whether no step makes sense: what the loss says would be wrong."""
    kinds = ("targets", "loss-of-classes", "from-logits", "not-finite")
    return finding.severity == "error" and finding.kind in kinds


def _failed(what: str, fault: Exception) -> Finding:
    return Finding(
        "step",
        f"{what}: {reason_of(fault)}",
        "call model.train_on_batch on a batch to see where",
        severity="error",
        why="nothing is learned without a step",
    )


def trained_kernels(model: keras.Model) -> dict[str, np.ndarray]:
    """Return the trained weights of two or more axes, by path."""
    kernels = [each for each in model.trainable_variables if len(each.shape) > 1]
    return {kernel.path: array(kernel) for kernel in kernels}
