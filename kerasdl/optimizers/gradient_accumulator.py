"""Optimizer wrapper for gradient accumulation."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from kerasdl import backend
from kerasdl.backend.keras_internals import trained_variables, variable_index
from kerasdl.backend.precision import at_least_float32
from kerasdl.optimizers.gradient_monitor import GradientMonitor
from kerasdl.optimizers.weighed_loss import take_recorded_weight
from kerasdl.optimizers.wrapper import OptimizerWrapper, find, innermost


@keras.saving.register_keras_serializable(package="kerasdl")
class GradientAccumulator(OptimizerWrapper):
    """Optimizer wrapper that takes one step per window of `steps` batches.

    The step equals that of one large batch with the examples of the window. Batches are
    weighted by their number of loss values, so the loss must be a
    `kerasdl.optimizers.WeighedLoss`. A window never crosses the end of an epoch; the
    last one may be shorter. After a `fit` that stopped mid-epoch, call
    `restart_window(0)` before the next `fit`.

    The inner optimizer sees windows only: learning-rate schedules, the moving average
    of weights, clipping and `iterations` count windows. Layers see single batches, so
    batch normalisation and dropout differ from those of the large batch.

    ::

        optimizer = GradientAccumulator(keras.optimizers.AdamW(1e-3), 4, len(batches))
        loss = WeighedLoss(keras.losses.MeanSquaredError())
        model.compile(optimizer, loss, auto_scale_loss=False)

    Under `mixed_float16`, make a `keras.optimizers.LossScaleOptimizer` the inner
    optimizer and turn `auto_scale_loss` off, as above. A window is then skipped or
    applied as a whole.

    A model with several outputs has several losses. Their means must be over the same
    number of unmasked values, because a batch has one weight.

    Args:
        inner_optimizer: The optimizer that takes the steps.
        steps: Batches per window, at least 1.
        steps_per_epoch: Batches per epoch of `fit`, at least 1. A wrong number makes
            windows cross epochs.
        name: Name of the optimizer.

    Raises:
        ValueError: If a number is out of range, the inner optimizer accumulates
            gradients itself, or a `LossScaleOptimizer` wraps this one. In training, if
            the loss is not a `WeighedLoss`, or several losses may be means over
            different numbers of values.

    Attributes:
        batch: Integer variable, the number of batches seen in this epoch.
        void_step: Integer variable, 1 if the last batch must change no state.
    """

    def __init__(
        self,
        inner_optimizer: keras.optimizers.Optimizer,
        steps: int,
        steps_per_epoch: int,
        name: str = "gradient_accumulator",
    ):
        if steps < 1 or steps_per_epoch < 1:
            raise ValueError(
                f"`steps` (={steps}) and `steps_per_epoch` (={steps_per_epoch}) must be "
                "at least 1"
            )
        super().__init__(inner_optimizer, name)
        if getattr(innermost(inner_optimizer), "gradient_accumulation_steps", None):
            raise ValueError("the inner optimizer must not accumulate gradients itself")
        self.steps = steps
        self.steps_per_epoch = steps_per_epoch

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Create the variables of both optimizers."""
        if self.built:
            return
        self.batch = self.add_variable((), dtype="int", name="batch")
        self.void_step = self.add_variable((), dtype="int", name="void_step")
        dtype = at_least_float32()
        self.weight = self.add_variable((), dtype=dtype, name="window_weight")
        self.sums = [
            self.add_variable_from_reference(variable, name="gradient_sum")
            for variable in variables
        ]
        self.inner_optimizer.build(variables)
        super().build(variables)

    def apply(
        self, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None
    ) -> None:
        """Add gradients to the window; take the step at its end.

        Args:
            grads: Gradients of the mean loss of a batch, in the shapes of the
                variables; None for a variable without gradient.
            trainable_variables: As in `keras.optimizers.Optimizer.apply`.
        """
        if not self.built:
            self.build(trainable_variables or [])
        weights = list(trainable_variables or trained_variables(self))
        weight = take_recorded_weight()
        grads = backend.current().dense(grads)
        self._add(weights, grads, weight)
        self._record_skip()
        number = self.batch + 1
        ends = ops.equal(number, self.steps_per_epoch)
        window_ends = ops.logical_or(ops.equal(number % self.steps, 0), ends)
        present = [gradient is not None for gradient in grads]
        backend.current().update_if(
            window_ends,
            lambda: self._step(weights, present, trainable_variables),
            [*weights, *self.inner_optimizer.variables, self.weight, *self.sums],
        )
        self.batch.assign(ops.where(ends, 0, number))

    def _add(
        self, weights: Sequence[keras.Variable], grads: Sequence[Any], weight: Any
    ) -> None:
        """Add gradients to the sums of the window."""
        self.weight.assign_add(ops.cast(weight, self.weight.dtype))
        for variable, gradient in zip(weights, grads, strict=True):
            if gradient is not None:
                total = self._sum_of(variable)
                weighed = ops.cast(gradient, total.dtype) * ops.cast(
                    weight, total.dtype
                )
                total.assign_add(weighed)

    def _sum_of(self, variable: keras.Variable) -> keras.Variable:
        return self.sums[variable_index(self, variable)]

    def _record_skip(self) -> None:
        """Record whether an inner `GradientMonitor` will skip this window."""
        monitor = find(self.inner_optimizer, GradientMonitor)
        if monitor is not None:
            finite = monitor.accepts([total.value for total in self.sums])
            bad = ops.logical_not(finite)
            self.void_step.assign(ops.cast(bad, self.void_step.dtype))

    def _step(
        self,
        weights: Sequence[keras.Variable],
        present: Sequence[bool],
        variables: Sequence[Any] | None,
    ) -> None:
        """Take a step of the inner optimizer with the mean gradients of the window."""
        inner: Any = self.inner_optimizer
        means = [
            self._mean_of(v) if k else None
            for v, k in zip(weights, present, strict=True)
        ]
        if keras.config.backend() == "jax":  # loss scaling needs the stateless form
            values = [variable.value for variable in trained_variables(self)]
            state = [variable.value for variable in inner.variables]
            new = inner.stateless_apply(state, means, values)
            groups = trained_variables(self), inner.variables
            for group, new_values in zip(groups, new, strict=True):
                for variable, value in zip(group, new_values, strict=True):
                    variable.assign(value)
        else:
            inner.apply(means, variables)
        for variable in (self.weight, *self.sums):
            variable.assign(ops.zeros_like(variable.value))

    def _mean_of(self, variable: keras.Variable) -> Any:
        total = self._sum_of(variable)
        return ops.divide_no_nan(total.value, ops.cast(self.weight, total.dtype))

    @property
    def loss_scale_factor(self) -> float:
        """Factor 1, because the inner optimizer scales the loss."""
        return 1.0  # not None: TensorFlow skips setting an attribute to an equal value

    @loss_scale_factor.setter
    def loss_scale_factor(self, value: Any) -> None:
        # Keras's `LossScaleOptimizer` sets this on the optimizer it wraps.
        if hasattr(self, "steps_per_epoch"):
            what = (
                "LossScaleOptimizer must be inside the GradientAccumulator, not wrap it"
            )
            raise ValueError(
                f"{what}: pass it as inner_optimizer, with auto_scale_loss=False"
            )

    def restart_window(self, batch: int) -> int:
        """Discard the gradients of the window and continue at a batch of the epoch.

        Returns:
            The number of batches seen in the epoch so far.
        """
        seen = int(ops.convert_to_numpy(self.batch))
        self.batch.assign(batch)
        for variable in (self.void_step, self.weight, *self.sums):
            variable.assign(ops.zeros_like(variable.value))
        return seen

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        arguments = {"steps": self.steps, "steps_per_epoch": self.steps_per_epoch}
        return super().get_config() | arguments
