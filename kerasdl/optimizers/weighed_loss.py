"""A loss that tells how much a batch weighs in the mean over several."""

import math
from typing import Any

import keras
from keras import ops

from kerasdl import backend
from kerasdl.backend.keras_internals import apply_mask, get_keras_mask
from kerasdl.backend.step_notes import loss_divisor

MEANS = ("sum_over_batch_size", "mean", "mean_with_sample_weight")
_SEVERAL = object()
"""Stands for the numbers of several losses that may differ."""


@keras.saving.register_keras_serializable(package="kerasdl")
class WeighedLoss(keras.losses.Loss):
    """Compute a loss, and note by what number its mean is divided.

    That is the number of loss values (of examples, or of tokens), or of those that a
    mask leaves, or the sum of sample weights under `mean_with_sample_weight`. The
    gradients of several batches, each multiplied by its number, add up to the gradient
    of one batch of all their examples: `kerasdl.optimizers.GradientAccumulator` does so.

    Args:
        loss: The loss, whose `reduction` must be a mean.

    Raises:
        ValueError: If the reduction is not a mean; from a step, if the loss gives no
            values of the examples, but their mean.
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
            _note(*self._divisor(values, mask, sample_weight))
        return loss

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss values, of the shape that the inner loss gives them."""
        self._values = self.loss.call(y_true, y_pred)
        if len(self._values.shape) == 0:
            what = f"{self.name} returns one value for a batch"
            raise ValueError(f"{what}: its `call` must leave the mean to `reduction`")
        return self._values

    def _divisor(self, values: Any, mask: Any, sample_weight: Any) -> tuple[Any, Any]:
        """Return it, and what another divisor must equal to be the same, or None."""
        if self.reduction == "mean_with_sample_weight":
            if sample_weight is not None:
                # A copy, for Keras multiplies by the mask in place.
                sample_weight = ops.convert_to_tensor(sample_weight, self.dtype) * 1
            left = apply_mask(sample_weight, mask, self.dtype, self.reduction)
            if left is not None:
                return ops.sum(left), None
        shape = ops.shape(values)
        known = all(isinstance(size, int) for size in shape)
        product = math.prod(shape) if known else ops.prod(ops.stack(shape))
        if mask is None:
            batch, *others = values.shape  # the batch may be None, the same for all
            return product, None if None in others else (batch, math.prod(others))
        mean = ops.mean(ops.cast(mask, self.dtype))
        return ops.cast(product, self.dtype) * mean, None

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"loss": keras.saving.serialize_keras_object(self.loss)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "WeighedLoss":
        """Return a loss from `get_config`'s result."""
        return cls(keras.saving.deserialize_keras_object(config["loss"]))


def _note(weight: Any, key: Any) -> None:
    former = loss_divisor.get()
    same = former is None or (key is not None and key == former[1])
    loss_divisor.set((weight if same else _SEVERAL, key))


def noted_weight() -> Any:
    """Return the number that the losses of this step noted, once.

    Raises:
        ValueError: If there is none, or not one for all losses.
    """
    noted = loss_divisor.get()
    loss_divisor.set(None)
    if noted is None:
        raise ValueError("GradientAccumulator needs a loss that is a WeighedLoss")
    weight, _ = noted
    if weight is _SEVERAL:
        raise ValueError(
            "GradientAccumulator cannot weigh several losses whose means count other "
            "values, as they do by masks: sum them to one loss"
        )
    return weight
