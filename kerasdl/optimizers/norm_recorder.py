"""Optimizer wrapper that records the norm of each gradient."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from kerasdl import backend
from kerasdl.backend.keras_internals import trained_variables
from kerasdl.optimizers.wrapper import OptimizerWrapper, find, innermost


class NormRecorder(OptimizerWrapper):
    """Optimizer wrapper that records the norm of the gradient of each variable.

    The step of the inner optimizer is taken as it is. Norms are those of its last step,
    before clipping, with loss scaling undone.

    Args:
        inner_optimizer: The optimizer to wrap.
        name: Name of the optimizer.

    Attributes:
        norms: Variable of shape `(trainable variables,)`, float32. A variable that the
            loss does not depend on has 0.
        applied: Whether a step passed gradients.
    """

    def __init__(
        self, inner_optimizer: keras.optimizers.Optimizer, name: str = "norm_recorder"
    ):
        super().__init__(inner_optimizer, name)
        self.applied = False

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Create the variables of both optimizers."""
        if self.built:
            return
        self.norms = self.add_variable((len(variables),), dtype="float32", name="norms")
        self.inner_optimizer.build(variables)
        super().build(variables)

    def apply(
        self, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None
    ) -> None:
        """Record the norms, and take the step of the inner optimizer."""
        if not self.built:
            self.build(trainable_variables or [])
        self.applied = True
        by_variable = dict(
            zip(
                map(id, trainable_variables or trained_variables(self)),
                backend.current().dense(grads),
                strict=True,
            )
        )
        ordered = [by_variable.get(id(each)) for each in trained_variables(self)]
        norm = backend.current().global_norm
        norms = [0.0 if each is None else norm([each]) for each in ordered]
        stacked = ops.stack([ops.convert_to_tensor(each, "float32") for each in norms])
        self.norms.assign(stacked / self._loss_scale())
        self.inner_optimizer.apply(grads, trainable_variables)

    def _loss_scale(self) -> Any:
        """Return what the loss of this step was multiplied by."""
        scaler = find(self.inner_optimizer, keras.optimizers.LossScaleOptimizer)
        if scaler:
            return scaler.dynamic_scale
        return innermost(self).loss_scale_factor or 1.0
