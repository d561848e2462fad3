"""SGD with an optional momentum schedule."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops
from keras.optimizers.schedules import LearningRateSchedule

from kerasdl.backend.keras_internals import variable_index
from kerasdl.optimizers import scheduled
from kerasdl.optimizers.rate_factors import Factors, RateFactors

# Under PyTorch, Keras creates another class with faster steps.
_SGD: Any = type(keras.optimizers.SGD.__new__(keras.optimizers.SGD))


@keras.saving.register_keras_serializable(package="kerasdl")
class SGD(RateFactors, _SGD):
    """Keras's SGD with an optional schedule for `momentum`.

    With a schedule, the update is that of PyTorch's `SGD`:
    `velocity = momentum * velocity + g` and `w -= learning_rate * velocity`, or with
    Nesterov momentum `w -= learning_rate * (momentum * velocity + g)`. With a number,
    it is that of Keras's `SGD`, which scales each gradient in the velocity by the
    learning rate of its own step. The two agree only at a constant learning rate.

    Args:
        learning_rate: As in `keras.optimizers.SGD`.
        momentum: Fraction of the velocity kept, in `[0, 1]`, or a
            `keras.optimizers.schedules.LearningRateSchedule`, such as
            `kerasdl.schedules.OneCycleMomentum`. With a schedule, the attribute holds
            its value at step 0.
        rate_factors: As in `kerasdl.optimizers.AdamW`.
        *args: Passed to `keras.optimizers.SGD`.
        **kwargs: Passed to `keras.optimizers.SGD`.

    Raises:
        ValueError: If the schedule starts at 0, which Keras takes as no momentum.
    """

    def __init__(
        self,
        learning_rate: Any = 0.01,
        momentum: float | LearningRateSchedule = 0.0,
        *args: Any,
        rate_factors: Factors | None = None,
        **kwargs: Any,
    ):
        constant, schedule = scheduled.split(momentum)
        if schedule is not None and constant == 0:
            raise ValueError("`momentum` must not be 0 at step 0 of its schedule")
        kwargs |= {"rate_factors": rate_factors}
        super().__init__(learning_rate, constant, *args, **kwargs)
        self.momentum_schedule = schedule
        self.scheduled_momentum: Any = None

    def apply(
        self, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None
    ) -> None:
        """Update the variables, as `keras.optimizers.Optimizer.apply`."""
        if self.momentum_schedule is None:
            super().apply(grads, trainable_variables)
            return
        schedule = self.momentum_schedule
        with scheduled.value_of_step(self, "scheduled_momentum", schedule):
            super().apply(grads, trainable_variables)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Update one variable."""
        if self.momentum_schedule is None:
            super().update_step(gradient, variable, learning_rate)
            return
        rate = ops.cast(learning_rate, variable.dtype)
        gradient = ops.cast(gradient, variable.dtype)
        momentum = ops.cast(self.scheduled_momentum, variable.dtype)
        velocity = self.momentums[variable_index(self, variable)]
        self.assign(velocity, ops.add(ops.multiply(velocity, momentum), gradient))
        step = velocity
        if self.nesterov:
            step = ops.add(ops.multiply(velocity, momentum), gradient)
        self.assign_sub(variable, ops.multiply(step, rate))

    def _parallel_update_step(
        self, grads: Sequence[Any], variables: Sequence[Any], learning_rate: Any
    ) -> None:
        """Update all variables under PyTorch."""
        if self.momentum_schedule is None:
            super()._parallel_update_step(grads, variables, learning_rate)
            return
        for gradient, variable in zip(grads, variables, strict=True):
            self.update_step(gradient, variable, learning_rate)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return scheduled.serialize(
            super().get_config(), "momentum", self.momentum_schedule
        )

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> "SGD":
        """Return an optimizer from the result of `get_config`."""
        config = scheduled.deserialize(config, "momentum", custom_objects)
        return super().from_config(config, custom_objects)
