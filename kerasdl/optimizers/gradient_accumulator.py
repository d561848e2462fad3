"""An optimizer that takes one step by the gradients of several batches."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from kerasdl import backend
from kerasdl.backend.keras_internals import trained_variables, variable_index
from kerasdl.backend.precision import at_least_float32
from kerasdl.optimizers.gradient_monitor import GradientMonitor
from kerasdl.optimizers.weighed_loss import noted_weight
from kerasdl.optimizers.wrapper import OptimizerWrapper, find, innermost


@keras.saving.register_keras_serializable(package="kerasdl")
class GradientAccumulator(OptimizerWrapper):
    """Wrap an optimizer: let it take a step after every so many batches.

    The step is that by one large batch of all their examples: each batch weighs as its
    loss values do, so the loss must be a `kerasdl.optimizers.WeighedLoss`. A window of
    batches ends with the epoch at the latest; the last one may be shorter. (After a
    `fit` that ended within an epoch, call `restart_window(0)` before the next.) Whatever the
    inner optimizer counts, it counts in windows: learning-rate schedules, the moving
    average of weights, clipping, `iterations`. Layers see single batches, so with batch
    normalisation or dropout the step is not quite that of the large batch.

    ::

        optimizer = GradientAccumulator(keras.optimizers.AdamW(1e-3), 4, len(batches))
        loss = WeighedLoss(keras.losses.MeanSquaredError())
        model.compile(optimizer, loss, auto_scale_loss=False)

    Under `mixed_float16` the inner optimizer must be the
    `keras.optimizers.LossScaleOptimizer`, and `auto_scale_loss` off, as above: a window
    is then skipped as a whole, or not at all.

    A model of several outputs has several losses, whose means must all be over the same
    number of values, none of them masked: one number weighs a batch.

    Args:
        inner_optimizer: The optimizer that takes the steps.
        steps: Batches in a window, at least 1.
        steps_per_epoch: Batches in an epoch of `fit`, at least 1; with another number,
            windows take batches of two epochs.
        name: Name of the optimizer.

    Raises:
        ValueError: If a number is out of range, if the inner optimizer accumulates
            gradients itself, or if a `LossScaleOptimizer` wraps this one; from
            training, if the loss is no `WeighedLoss`, or if several losses may be
            means over different numbers of values.

    Attributes:
        batch: Integer variable, the batches seen in this epoch.
        void_step: Integer variable, 1 if the last batch shall leave no trace.
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
        """Add the gradients to those of the window; at its end, take the step.

        Args:
            grads: Gradients of the mean loss of a batch, of the shapes of the
                variables; None for those without.
            trainable_variables: As in `keras.optimizers.Optimizer.apply`.
        """
        if not self.built:
            self.build(trainable_variables or [])
        weights = list(trainable_variables or trained_variables(self))
        weight = noted_weight()
        grads = backend.current().dense(grads)
        self._add(weights, grads, weight)
        self._judge()
        number = self.batch + 1
        ends = ops.equal(number, self.steps_per_epoch)
        window_ends = ops.logical_or(ops.equal(number % self.steps, 0), ends)
        known = [gradient is not None for gradient in grads]
        backend.current().update_if(
            window_ends,
            lambda: self._step(weights, known, trainable_variables),
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

    def _judge(self) -> None:
        """Note whether the inner monitor, if there is one, will skip this window."""
        monitor = find(self.inner_optimizer, GradientMonitor)
        if monitor is not None:
            finite = monitor.accepts([total.value for total in self.sums])
            bad = ops.logical_not(finite)
            self.void_step.assign(ops.cast(bad, self.void_step.dtype))

    def _step(
        self,
        weights: Sequence[keras.Variable],
        known: Sequence[bool],
        variables: Sequence[Any] | None,
    ) -> None:
        """Let the inner optimizer take a step by the mean gradients of the window."""
        inner: Any = self.inner_optimizer
        means = [
            self._mean_of(v) if k else None for v, k in zip(weights, known, strict=True)
        ]
        if keras.config.backend() == "jax":  # where loss scaling works in no other way
            values = [variable.value for variable in trained_variables(self)]
            state = [variable.value for variable in inner.variables]
            new = inner.stateless_apply(state, means, values)
            kinds = trained_variables(self), inner.variables
            for known_variables, given in zip(kinds, new, strict=True):
                for variable, value in zip(known_variables, given, strict=True):
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
        """1, for the inner optimizer scales the loss."""
        return 1.0  # TensorFlow does not set what an attribute is already, such as None

    @loss_scale_factor.setter
    def loss_scale_factor(self, value: Any) -> None:
        # Keras's `LossScaleOptimizer` sets it of what it wraps.
        if hasattr(self, "steps_per_epoch"):
            what = (
                "LossScaleOptimizer must be in the GradientAccumulator, not around it"
            )
            raise ValueError(
                f"{what}: give it as inner_optimizer, auto_scale_loss=False"
            )

    def restart_window(self, batch: int) -> int:
        """Forget the gradients of the window; go on from a batch of the epoch.

        Returns:
            The batches that had been seen in the epoch.
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
