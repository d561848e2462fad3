"""Keras's training and test step for PyTorch, in a form that can be recorded."""

from typing import Any

import keras
import torch
from keras import tree

from kerasdl.backend.fused.non_finite import skip_count, statistics
from kerasdl.backend.fused.overrides import overrides
from kerasdl.backend.keras_internals import get_stateless_scope

Gradients = list[tuple[keras.Variable, torch.Tensor | None]]
"""Weights with the gradient of the loss, or None if it does not depend on them."""


def trained(model: keras.Model, batch: Any) -> tuple[dict[str, Any], Gradients]:
    """Run one training step without `backward`, which cannot be recorded.

    Returns:
        The logs and the gradients.
    """
    x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(batch)
    # Unused copies are removed from the record.
    before = [(v, v.value, v.value.clone()) for v in statistics(model)]
    loss, y_pred = _loss(model, x, y, sample_weight, training=True)
    optimizer: Any = model.optimizer
    loss = optimizer.scale_loss(loss)
    weights = model.trainable_weights
    scope = get_stateless_scope()
    values = [scope.get_current_value(weight) for weight in weights]
    gradients = torch.autograd.grad(loss, values, allow_unused=True)
    with torch.no_grad():
        optimizer.apply(gradients, weights)
        logs = _metrics(model, x, y, y_pred, sample_weight)
        if (count := skip_count(model)) is not None:
            for variable, value, old in before:
                if variable.value is not value:
                    variable.assign(torch.where(count.value > 0, old, variable.value))
        return logs, list(zip(weights, gradients, strict=True))


@torch.no_grad()
def evaluated(model: keras.Model, batch: Any) -> tuple[dict[str, Any], Gradients]:
    """Run one test step; return the logs and no gradients."""
    x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(batch)
    _, y_pred = _loss(model, x, y, sample_weight, training=False)
    return _metrics(model, x, y, y_pred, sample_weight), []


def _metrics(
    model: keras.Model, x: Any, y: Any, y_pred: Any, sample_weight: Any
) -> dict[str, Any]:
    """Update the metrics; return the logs if the model overrides them, else nothing.

    The metrics' results are then computed once per execution, not at each step.
    """
    if overrides(model, "compute_metrics", "get_metrics_result"):
        return model.compute_metrics(x, y, y_pred, sample_weight=sample_weight)
    if model._compile_metrics is not None:
        model._compile_metrics.update_state(y, y_pred, sample_weight)
    return {}


def _loss(
    model: keras.Model, x: Any, y: Any, sample_weight: Any, training: bool
) -> tuple[Any, Any]:
    arguments = {"training": training} if model._call_has_training_arg else {}
    y_pred = model(x, **arguments)
    loss = model._compute_loss(
        x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=training
    )
    examples = next(leaf for leaf in tree.flatten(x) if leaf is not None).shape[0]
    model._loss_tracker.update_state(loss, sample_weight=examples)
    return loss, y_pred
