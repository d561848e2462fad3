"""Loss that records the weight of a batch for gradient accumulation."""

import math
from typing import Any

import keras
from keras import ops

from kerasdl import backend
from kerasdl.backend.keras_internals import apply_mask, get_keras_mask
from kerasdl.backend.step_notes import loss_divisor

MEANS = ("sum_over_batch_size", "mean", "mean_with_sample_weight")
_AMBIGUOUS = object()
"""Sentinel for several losses whose divisors may differ."""


@keras.saving.register_keras_serializable(package="kerasdl")
class WeighedLoss(keras.losses.Loss):
    """Loss wrapper that records the divisor of its mean.

    The divisor is the number of unmasked loss values (one per example or token), or the
    sum of sample weights under `mean_with_sample_weight`. The gradients of several
    batches, each multiplied by its divisor, add up to the gradient of one large batch
    times its divisor. `kerasdl.optimizers.GradientAccumulator` uses this.

    Args:
        loss: The loss; its `reduction` must be a mean.

    Raises:
        ValueError: If the reduction is not a mean; in a step, if the loss returns a
            mean instead of one value per example.
    """

    def __init__(self, loss: keras.losses.Loss):
        if loss.reduction not in MEANS:
            rule = f"must be one of {', '.join(MEANS)}"
            raise ValueError(f"`reduction` (={loss.reduction!r}) of {loss.name} {rule}")
        super().__init__(loss.name, loss.reduction, loss.dtype)
        self.loss = loss
        self._values: Any = None

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Return the loss, a scalar."""
        loss = super().__call__(y_true, y_pred, sample_weight)
        values, self._values = self._values, None
        mask, left = get_keras_mask(y_pred), get_keras_mask(values)
        if mask is not None and left is not None:
            mask = ops.logical_and(mask, left)
        if backend.current().differentiates(loss):
            mask = left if mask is None else mask
            _record(*self._divisor(values, mask, sample_weight))
        return loss

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss values in the shape of the inner loss."""
        self._values = self.loss.call(y_true, y_pred)
        if len(self._values.shape) == 0:
            what = f"{self.name} returns a scalar for a batch"
            raise ValueError(f"{what}: its `call` must leave the mean to `reduction`")
        return self._values

    def _divisor(self, values: Any, mask: Any, sample_weight: Any) -> tuple[Any, Any]:
        """Return the divisor and a key that is equal for equal divisors, or None."""
        if self.reduction == "mean_with_sample_weight":
            if sample_weight is not None:
                # A copy, because Keras multiplies by the mask in place.
                sample_weight = ops.convert_to_tensor(sample_weight, self.dtype) * 1
            left = apply_mask(sample_weight, mask, self.dtype, self.reduction)
            if left is not None:
                return ops.sum(left), None
        shape = ops.shape(values)
        known = all(isinstance(size, int) for size in shape)
        product = math.prod(shape) if known else ops.prod(ops.stack(shape))
        if mask is None:
            batch, *others = values.shape  # None for the batch size is the same for all
            return product, None if None in others else (batch, math.prod(others))
        mean = ops.mean(ops.cast(mask, self.dtype))
        return ops.cast(product, self.dtype) * mean, None

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"loss": keras.saving.serialize_keras_object(self.loss)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "WeighedLoss":
        """Return a loss from the result of `get_config`."""
        return cls(keras.saving.deserialize_keras_object(config["loss"]))


def _record(weight: Any, key: Any) -> None:
    previous = loss_divisor.get()
    same = previous is None or (key is not None and key == previous[1])
    loss_divisor.set((weight if same else _AMBIGUOUS, key))


def take_recorded_weight() -> Any:
    """Return and clear the divisor recorded by the losses of this step.

    Raises:
        ValueError: If no loss recorded one, or several losses may have recorded
            different ones.
    """
    recorded = loss_divisor.get()
    loss_divisor.set(None)
    if recorded is None:
        raise ValueError("GradientAccumulator needs a loss that is a WeighedLoss")
    weight, _ = recorded
    if weight is _AMBIGUOUS:
        raise ValueError(
            "GradientAccumulator needs one divisor for all losses, but their means may "
            "count different values, for example under masks: sum them into one loss"
        )
    return weight
