"""Dropout whose rate falls in the second half of training."""

import functools
import math
from typing import Any

import keras
import numpy as np
from keras import ops

from kerasdl.backend.keras_internals import flatten_layers
from kerasdl.layers.dropout import bound_and_scale, zero_below, zero_fraction
from kerasdl.layers.random_bits import random_bits
from kerasdl.layers.zeroing import Zeroing

MOST_RATES = 1024
"""The most rates that a training passes through; with more steps, some share one."""


@keras.saving.register_keras_serializable(package="kerasdl")
class ScheduledDropout(Zeroing):
    """Dropout that keeps its rate for half of training, then lowers it to 0.

    At a share t of the training calls, at least 1/2, the rate is
    `rate / 2 * (1 + cos(pi * (2 * t - 1)))`, as in Holzmüller et al. 2024,
    https://arxiv.org/abs/2407.04491. It changes at most 1024 times. The mask is that of
    `kerasdl.layers.Dropout` at this rate. Both are pure functions of (seed, step), so
    they are the same on every backend, and after a resume from a checkpoint. Keras
    saves no step in a `.keras` file: a model that is loaded from one begins anew.

    Inputs and outputs have the same shape and floating-point dtype.

    Args:
        rate: Fraction of the inputs to zero at first, in `[0, 1)`.
        total_steps: Training calls until the rate is 0, such as epochs times batches
            per epoch, at least 1. None keeps the rate; `set_total_steps` sets it later.
        seed: As in `kerasdl.layers.Dropout`.
        **kwargs: Passed to `keras.layers.Layer`.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(
        self,
        rate: float,
        total_steps: int | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ):
        if total_steps is not None and total_steps < 1:
            raise ValueError(f"`total_steps` (={total_steps}) must be at least 1")
        super().__init__(rate, seed, **kwargs)
        self.total_steps = total_steps

    def zero(self, inputs: Any, state: Any) -> Any:
        """Return the masked inputs."""
        bits = random_bits(ops.shape(inputs), state)
        if self.total_steps is None:
            return zero_fraction(inputs, self.rate, bits)
        steps, bounds, scales = _table(self.rate, self.total_steps)
        number = ops.minimum(ops.cast(state, "int32")[1] // steps, len(bounds) - 1)
        scales = ops.convert_to_tensor(scales, inputs.dtype)
        return zero_below(
            inputs, ops.take(bounds, number), ops.take(scales, number), bits
        )

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return super().get_config() | {"total_steps": self.total_steps}


def set_total_steps(model: keras.Model, total_steps: int) -> None:
    """Set the training calls of every `ScheduledDropout` of a model.

    Call it before `model.compile`, since a compiled step keeps the former number.

    Args:
        model: The model, changed in place.
        total_steps: Batches that it will be trained on.
    """
    for layer in flatten_layers(model):
        if isinstance(layer, ScheduledDropout):
            layer.total_steps = total_steps


@functools.lru_cache
def _table(rate: float, total_steps: int) -> tuple[int, np.ndarray, np.ndarray]:
    """Return the steps of each rate, and the integer bounds and scales of the rates.

    A table is the same on every backend, where the last bit of a cosine is not.
    """
    steps = -(-total_steps // MOST_RATES)
    shares = (step / total_steps for step in range(0, total_steps, steps))
    fallen = (math.cos(math.pi * max(0.0, 2 * share - 1)) for share in shares)
    pairs = [bound_and_scale(rate / 2 * (1 + cosine)) for cosine in fallen]
    bounds, scales = zip(*pairs, strict=True)
    return steps, np.array(bounds, "int32"), np.array(scales)
