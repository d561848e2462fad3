"""Adam with weight decay in the gradient, and optional schedules."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops
from keras.optimizers.schedules import LearningRateSchedule

from kerasdl import backend
from kerasdl.backend.keras_internals import is_decayed
from kerasdl.optimizers import scheduled
from kerasdl.optimizers.rate_factors import Factors, RateFactors
from kerasdl.optimizers.scheduled_arguments import ScheduledArguments

# Under PyTorch, Keras creates another class with faster steps.
_Adam: Any = type(keras.optimizers.Adam.__new__(keras.optimizers.Adam))


@keras.saving.register_keras_serializable(package="kerasdl")
class Adam(ScheduledArguments, RateFactors, _Adam):
    """Keras's Adam with L2 weight decay, which may follow a schedule, as may `beta_1`.

    Kingma & Ba 2015, https://arxiv.org/abs/1412.6980. The decay equals that of
    PyTorch's `Adam`: `weight_decay * variable` is added to the clipped gradient, so
    Adam normalises it with the gradient. Keras's Adam shrinks the variable instead, as
    `AdamW` does. A scheduled β₁ and `epsilon` work as in `kerasdl.optimizers.AdamW`.
    Do not use this class under `tf.distribute`, where each replica would add the decay.

    Args:
        learning_rate: As in `keras.optimizers.Adam`.
        weight_decay: Fraction of a variable added to its gradient, at least 0, or a
            schedule, as in `kerasdl.optimizers.AdamW`. Variables named in
            `exclude_from_weight_decay` are not decayed.
        beta_1: As in `kerasdl.optimizers.AdamW`.
        rate_factors: As in `kerasdl.optimizers.AdamW`.
        *args: Passed to `keras.optimizers.Adam`.
        **kwargs: Passed to `keras.optimizers.Adam`.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float | LearningRateSchedule | None = None,
        beta_1: float | LearningRateSchedule = 0.9,
        *args: Any,
        rate_factors: Factors | None = None,
        **kwargs: Any,
    ):
        beta_1, beta_1_schedule = scheduled.split(beta_1)
        weight_decay, weight_decay_schedule = scheduled.split(weight_decay)
        kwargs |= {"weight_decay": weight_decay, "rate_factors": rate_factors}
        super().__init__(learning_rate, beta_1, *args, **kwargs)
        self.beta_1_schedule = beta_1_schedule
        self.weight_decay_schedule = weight_decay_schedule

    def _apply_weight_decay(self, variables: Sequence[Any]) -> None:
        """Do nothing, because the decay is in the gradients."""

    def _backend_update_step(
        self, grads: Sequence[Any], trainable_variables: Sequence[Any], *args: Any
    ) -> None:
        """Add the decay to the clipped gradients and update the variables."""
        if self.weight_decay_schedule is not None or self.weight_decay:
            pairs = zip(
                backend.current().dense(grads), trainable_variables, strict=True
            )
            grads = [self._decayed(gradient, variable) for gradient, variable in pairs]
        super()._backend_update_step(grads, trainable_variables, *args)

    def _decayed(self, gradient: Any, variable: Any) -> Any:
        if not is_decayed(self, variable):
            return gradient
        decay = ops.stop_gradient(variable) * self.weight_decay
        return ops.cast(gradient, variable.dtype) + decay
