"""AdamW with optional schedules for β₁ and weight decay."""

from typing import Any

import keras
from keras.optimizers.schedules import LearningRateSchedule

from kerasdl.optimizers import scheduled
from kerasdl.optimizers.rate_factors import Factors, RateFactors
from kerasdl.optimizers.scheduled_arguments import ScheduledArguments

# Under PyTorch, Keras creates another class with faster steps.
_AdamW: Any = type(keras.optimizers.AdamW.__new__(keras.optimizers.AdamW))


@keras.saving.register_keras_serializable(package="kerasdl")
class AdamW(ScheduledArguments, RateFactors, _AdamW):
    """Keras's AdamW with optional schedules for `beta_1` and `weight_decay`.

    Adam with decoupled weight decay, Loshchilov & Hutter 2019,
    https://arxiv.org/abs/1711.05101. At step t (0-based) the scheduled β₁(t) updates
    the first moment and corrects its bias by `1 - β₁(t)**(t + 1)`, as in PyTorch's
    `AdamW` under `OneCycleLR`. Keras adds `epsilon` before the bias correction of the
    second moment, PyTorch after it. The difference is negligible where gradients are
    much larger than `epsilon`.

    Args:
        learning_rate: As in `keras.optimizers.AdamW`.
        weight_decay: As in `keras.optimizers.AdamW`, or a
            `keras.optimizers.schedules.LearningRateSchedule`, such as
            `kerasdl.schedules.FlatCosine`. With a schedule, the attribute holds its
            value at step 0.
        beta_1: Decay rate of the first moment, in `[0, 1)`, or a schedule, such as
            `kerasdl.schedules.OneCycleMomentum`.
        rate_factors: Factors of the learning rate by `variable.path`, at least 0, such
            as `{"head/bias": 0.1}`. Decay scales with them. Others have 1.
        *args: Passed to `keras.optimizers.AdamW`.
        **kwargs: Passed to `keras.optimizers.AdamW`.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float | LearningRateSchedule = 0.004,
        beta_1: float | LearningRateSchedule = 0.9,
        *args: Any,
        rate_factors: Factors | None = None,
        **kwargs: Any,
    ):
        beta_1, beta_1_schedule = scheduled.split(beta_1)
        weight_decay, weight_decay_schedule = scheduled.split(weight_decay)
        kwargs |= {"rate_factors": rate_factors}
        super().__init__(learning_rate, weight_decay, beta_1, *args, **kwargs)
        self.beta_1_schedule = beta_1_schedule
        self.weight_decay_schedule = weight_decay_schedule
