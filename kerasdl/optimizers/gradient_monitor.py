"""An optimizer that measures its gradients, and takes no step by what is no number."""

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
    """Wrap an optimizer: measure the global norm of its gradients, skip bad steps.

    Norms are taken before clipping and after loss scaling is undone. Where the norm is
    not finite, the step is skipped: weights, moments, averages and iterations stay as
    they are. In a model that `kerasdl.accelerate` has fused, running statistics and
    metrics stay as they are, too, so that a skipped step leaves no trace but its count.
    All counts are variables: the compiled step never waits for anyone to read them.

    Args:
        inner_optimizer: The optimizer that does the work.
        max_skipped: After so many skipped steps in a row, every further one is skipped
            as well, so that the weights stay those of the first bad step for
            `kerasdl.callbacks.NaNGuard` to find; 0 never gives up.
        name: Name of the optimizer.

    Raises:
        ValueError: If the inner optimizer is a `keras.optimizers.LossScaleOptimizer`,
            which skips bad steps by itself, without a count. Let it wrap the monitor,
            as Keras does under `mixed_float16`.

    Attributes:
        steps: Integer variable, the steps asked for.
        skipped: Integer variable, how many of them were skipped.
        skipped_in_a_row: Integer variable, how many of these came last.
    """

    def __init__(
        self,
        inner_optimizer: keras.optimizers.Optimizer,
        max_skipped: int = 0,
        name: str = "gradient_monitor",
    ):
        if isinstance(inner_optimizer, keras.optimizers.LossScaleOptimizer):
            what = "LossScaleOptimizer must wrap the GradientMonitor, not be in it"
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
        """Note the norm; if it is finite, let the inner optimizer take the step.

        Args:
            grads: Gradients of the shapes of the variables; None for those without.
            trainable_variables: As in `keras.optimizers.Optimizer.apply`.
        """
        if not self.built:
            self.build(trainable_variables or [])
        weights = list(trainable_variables or trained_variables(self))
        grads = backend.current().dense(grads)
        finite = self._count([grad for grad in grads if grad is not None])
        backend.current().update_if(
            finite,
            lambda: self.inner_optimizer.apply(grads, trainable_variables),
            [*weights, *self.inner_optimizer.variables],
        )

    def accepts(self, grads: Sequence[Any]) -> Any:
        """Return whether a step by these gradients would be taken, a boolean scalar."""
        return self._judge(self._norm(grads))

    def _norm(self, grads: Sequence[Any]) -> Any:
        norm = backend.current().global_norm(grads)
        scale = self.inner_optimizer.loss_scale_factor
        return norm / scale if scale else norm

    def _judge(self, norm: Any) -> Any:
        finite = ops.isfinite(norm)
        if not self.max_skipped:
            return finite
        going_on = ops.less(self.skipped_in_a_row, self.max_skipped)
        return ops.logical_and(finite, going_on)

    def _count(self, grads: list[Any]) -> Any:
        """Count the step; return whether it shall be taken."""
        if not grads:
            return ops.convert_to_tensor(True)
        norm = self._norm(grads)
        finite = self._judge(norm)
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
        """Begin a new mean."""
        self.norm_total.assign(0.0)
        self.norm_steps.assign(0.0)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return super().get_config() | {"max_skipped": self.max_skipped}


def gradient_monitor(optimizer: Any) -> GradientMonitor | None:
    """Return the monitor among an optimizer and those it wraps, or None."""
    return find(optimizer, GradientMonitor)
