"""A small network, trained on batches and on the large batch they make up."""

import contextlib
import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

import kerasdl
from kerasdl import schedules
from kerasdl.backend.float64 import float64
from kerasdl.optimizers import GradientAccumulator, GradientMonitor, WeighedLoss

EPOCHS = 8
WINDOW = 4
CLIP = 0.5
SCHEDULES: dict[str, Callable[[int], Any]] = {
    "constant": lambda total: 0.02,
    "cosine": lambda total: schedules.Cosine(0.05, total, total // 5, 0.01),
    "inverse-square-root": lambda total: schedules.InverseSquareRoot(0.05, total // 5),
    "one-cycle": lambda total: schedules.OneCycle(0.05, total),
    "step-decay": lambda total: schedules.StepDecay(0.05, total // 3),
    "warmup-linear": lambda total: schedules.WarmupLinear(0.05, total // 5, total),
}
ROWS = {"whole": 80, "remainder": 70, "ragged": 75, "both": 63}
"""Of batches of 5 in steps of 4: the last step has fewer, or its last batch has."""
TOLERANCE = {"float64": 1e-9, "float32": 1e-5}


def network() -> keras.Model:
    first = keras.layers.Dense(6, activation="tanh")
    model = keras.Sequential([keras.Input((3,)), first, keras.layers.Dense(1)])
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(size=w.shape) / 2 for w in model.weights])
    return model


def data(rows: int, dtype: str) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(0).normal(size=(rows, 3)).astype(dtype)
    return x, x[:, :1] * x[:, 1:2] + 1


def updates(rows: int) -> int:
    return EPOCHS * math.ceil(rows / 20)


def adamw(schedule: str, rows: int, **arguments: Any) -> keras.optimizers.AdamW:
    rate = SCHEDULES[schedule](updates(rows))
    return keras.optimizers.AdamW(
        rate, 0.01, global_clipnorm=CLIP, epsilon=1e-15, **arguments
    )


def precision(dtype: str) -> contextlib.AbstractContextManager[None]:
    return float64() if dtype == "float64" else contextlib.nullcontext()


def fitted(
    inner: keras.optimizers.Optimizer,
    rows: int,
    dtype: str,
    window: int,
    *,
    fused: bool = True,
    reduction: str = "sum_over_batch_size",
    **arguments: Any,
) -> keras.Model:
    """Train on batches of `20 / window` rows, `window` of them in a step."""
    x, y = data(rows, dtype)
    model, loss = network(), keras.losses.MeanSquaredError(reduction=reduction)
    optimizer: Any = GradientMonitor(inner, 10)
    if window > 1:
        batches = math.ceil(rows / (20 // window))
        optimizer = GradientAccumulator(optimizer, window, batches)
        loss = WeighedLoss(loss)
    model.compile(optimizer, loss, metrics=["mae"])
    if fused:
        kerasdl.accelerate(model, report=pytest.fail)
    arguments |= {"epochs": EPOCHS, "shuffle": False, "verbose": 0}
    model.fit(x, y, 20 // window, **arguments)
    return model


def weights(model: keras.Model) -> list[np.ndarray]:
    return [keras.ops.convert_to_numpy(w).copy() for w in model.weights]


def largest_difference(one: list[np.ndarray], other: list[np.ndarray]) -> float:
    return max(float(np.abs(a - b).max()) for a, b in zip(one, other, strict=True))
