"""Optimizer wrapper that measures gradient norms and skips non-finite steps."""

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from kerasdl import backend
from kerasdl.backend.keras_internals import trained_variables
from kerasdl.optimizers.wrapper import OptimizerWrapper, find


@keras.saving.register_keras_serializable(package="kerasdl")
class GradientMonitor(OptimizerWrapper):
    """Optimizer wrapper that measures gradient norms and skips non-finite steps.

    Global norms are measured before clipping, with loss scaling undone. If the norm is
    not finite, the step is skipped: weights, moments, averages and iterations do not
    change. In a model fused by `kerasdl.accelerate`, running statistics and metrics do
    not change either; only the skip is counted. All counts are variables, so the
    compiled step never waits for a reader.

    Args:
        inner_optimizer: The optimizer to wrap.
        max_skipped: After this many skipped steps in a row, all further steps are
            skipped. The weights then stay those of the first bad step until
            `kerasdl.callbacks.NaNGuard` stops training. 0 sets no limit.
        name: Name of the optimizer.

    Raises:
        ValueError: If the inner optimizer is a `keras.optimizers.LossScaleOptimizer`,
            which skips non-finite steps itself, uncounted. It must wrap the monitor,
            as under Keras's `mixed_float16`.

    Attributes:
        steps: Integer variable, the number of steps, including skipped ones.
        skipped: Integer variable, the number of skipped steps.
        skipped_in_a_row: Integer variable, the number of skipped steps since the last
            taken one.
    """

    def __init__(
        self,
        inner_optimizer: keras.optimizers.Optimizer,
        max_skipped: int = 0,
        name: str = "gradient_monitor",
    ):
        if isinstance(inner_optimizer, keras.optimizers.LossScaleOptimizer):
            what = "LossScaleOptimizer must wrap the GradientMonitor, not be inside it"
            raise ValueError(what)  # noqa: TRY004  it must see the steps to skip
        super().__init__(inner_optimizer, name)
        self.max_skipped = max_skipped

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Create the variables of both optimizers."""
        if self.built:
            return
        self.norm_total = self.add_variable((), dtype="float32", name="norm_total")
        self.norm_steps = self.add_variable((), dtype="float32", name="norm_steps")
        self.steps = self.add_variable((), dtype="int", name="steps")
        self.skipped = self.add_variable((), dtype="int", name="skipped")
        self.skipped_in_a_row = self.add_variable(
            (), dtype="int", name="skipped_in_a_row"
        )
        self.inner_optimizer.build(variables)
        super().build(variables)

    @property
    def void_step(self) -> keras.Variable:
        """Above 0 if the last step was skipped."""
        return self.skipped_in_a_row

    def apply(
        self, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None
    ) -> None:
        """Record the norm; if it is finite, take the step of the inner optimizer.

        Args:
            grads: Gradients in the shapes of the variables; None for a variable
                without gradient.
            trainable_variables: As in `keras.optimizers.Optimizer.apply`.
        """
        if not self.built:
            self.build(trainable_variables or [])
        weights = list(trainable_variables or trained_variables(self))
        grads = backend.current().dense(grads)
        finite = self._record([grad for grad in grads if grad is not None])
        backend.current().update_if(
            finite,
            lambda: self.inner_optimizer.apply(grads, trainable_variables),
            [*weights, *self.inner_optimizer.variables],
        )

    def accepts(self, grads: Sequence[Any]) -> Any:
        """Return whether these gradients allow a step, a boolean scalar."""
        return self._accepts_norm(self._norm(grads))

    def _norm(self, grads: Sequence[Any]) -> Any:
        norm = backend.current().global_norm(grads)
        scale = self.inner_optimizer.loss_scale_factor
        return norm / scale if scale else norm

    def _accepts_norm(self, norm: Any) -> Any:
        finite = ops.isfinite(norm)
        if not self.max_skipped:
            return finite
        below_limit = ops.less(self.skipped_in_a_row, self.max_skipped)
        return ops.logical_and(finite, below_limit)

    def _record(self, grads: list[Any]) -> Any:
        """Count the step; return whether to take it."""
        if not grads:
            return ops.convert_to_tensor(True)
        norm = self._norm(grads)
        finite = self._accepts_norm(norm)
        self.norm_total.assign_add(ops.where(finite, norm, ops.zeros_like(norm)))
        self.norm_steps.assign_add(ops.cast(finite, "float32"))
        bad = ops.cast(ops.logical_not(finite), self.skipped.dtype)
        self.steps.assign_add(1)
        self.skipped.assign_add(bad)
        self.skipped_in_a_row.assign((self.skipped_in_a_row + 1) * bad)
        return finite

    def mean_gradient_norm(self) -> float:
        """Return the mean norm of the steps taken since the last reset, NaN if none."""
        total = ops.convert_to_numpy(self.norm_total)
        steps = ops.convert_to_numpy(self.norm_steps)
        return float(total / steps) if steps else math.nan

    def reset_gradient_norm(self) -> None:
        """Start a new mean."""
        self.norm_total.assign(0.0)
        self.norm_steps.assign(0.0)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return super().get_config() | {"max_skipped": self.max_skipped}


def gradient_monitor(optimizer: Any) -> GradientMonitor | None:
    """Return the monitor in a chain of wrapped optimizers, or None."""
    return find(optimizer, GradientMonitor)
