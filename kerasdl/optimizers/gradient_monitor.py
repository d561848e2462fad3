"""An optimizer that measures its gradients, and takes no step by what is no number."""

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from kerasdl import backend


@keras.saving.register_keras_serializable(package="kerasdl")
class GradientMonitor(keras.optimizers.Optimizer):
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
        super().__init__(learning_rate=0.0, name=name)
        self.inner_optimizer = inner_optimizer
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
    def variables(self) -> list[keras.Variable]:
        """The variables of both optimizers."""
        return self._variables + self.inner_optimizer.variables

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
        weights = list(trainable_variables or self._trainable_variables)
        grads = backend.current().dense(grads)
        finite = self._count([grad for grad in grads if grad is not None])
        backend.current().update_if(
            finite,
            lambda: self.inner_optimizer.apply(grads, trainable_variables),
            [*weights, *self.inner_optimizer.variables],
        )

    def _count(self, grads: list[Any]) -> Any:
        """Count the step; return whether it shall be taken."""
        if not grads:
            return ops.convert_to_tensor(True)
        norm = backend.current().global_norm(grads)
        if scale := self.inner_optimizer.loss_scale_factor:
            norm = norm / scale
        finite = ops.isfinite(norm)
        if self.max_skipped:
            going_on = ops.less(self.skipped_in_a_row, self.max_skipped)
            finite = ops.logical_and(finite, going_on)
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

    @property
    def learning_rate(self) -> Any:
        """The inner optimizer's learning rate."""
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        self.inner_optimizer.learning_rate = value

    @property
    def iterations(self) -> keras.Variable:
        """Steps taken by the inner optimizer."""
        return self.inner_optimizer.iterations

    def scale_loss(self, loss: Any) -> Any:
        """Scale the loss as the inner optimizer wants it."""
        return self.inner_optimizer.scale_loss(loss)

    def finalize_variable_values(self, var_list: Sequence[keras.Variable]) -> None:
        """Let the inner optimizer set the final weights, as averaging does."""
        self.inner_optimizer.finalize_variable_values(var_list)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        inner = keras.saving.serialize_keras_object(self.inner_optimizer)
        return {
            "name": self.name,
            "inner_optimizer": inner,
            "max_skipped": self.max_skipped,
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> "GradientMonitor":
        """Return an optimizer from `get_config`'s result."""
        inner = keras.saving.deserialize_keras_object(
            config["inner_optimizer"], custom_objects=custom_objects
        )
        return cls(inner, config.get("max_skipped", 0), name=config["name"])


def gradient_monitor(optimizer: Any) -> GradientMonitor | None:
    """Return the monitor among an optimizer and those it wraps, or None."""
    while not isinstance(optimizer, GradientMonitor):
        optimizer = getattr(optimizer, "inner_optimizer", None)
        if optimizer is None:
            return None
    return optimizer
