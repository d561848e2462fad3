"""Several batches in one step are the large batch, against PyTorch by hand as well."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import kerasdl
from kerasdl.backend.float64 import float64
from kerasdl.optimizers import GradientAccumulator, GradientMonitor, WeighedLoss
from tests.optimizers.helpers import (
    CLIP,
    EPOCHS,
    ROWS,
    SCHEDULES,
    TOLERANCE,
    WINDOW,
    adamw,
    data,
    fitted,
    largest_difference,
    network,
    precision,
    updates,
    weights,
)
from tests.variants import VARIANT, variants


def by_hand(schedule: str, rows: int) -> list[np.ndarray]:
    """The large batch in PyTorch: autograd, clipping, AdamW, in float64."""
    torch = pytest.importorskip("torch")
    initial = [torch.tensor(w, dtype=torch.float64) for w in network().get_weights()]
    parts = [part.requires_grad_() for part in initial]
    decay = torch.optim.AdamW(parts, weight_decay=0.01, eps=1e-15)
    x, y = (torch.tensor(array) for array in data(rows, "float64"))
    rate = SCHEDULES[schedule](updates(rows))
    for step in range(updates(rows)):
        begin = step % math.ceil(rows / 20) * 20
        kernel, bias, last_kernel, last_bias = parts
        hidden = torch.tanh(x[begin : begin + 20] @ kernel + bias)
        error = hidden @ last_kernel + last_bias - y[begin : begin + 20]
        decay.zero_grad()
        (error**2).mean().backward()
        norm = torch.linalg.vector_norm(torch.cat([p.grad.ravel() for p in parts]))
        for part in parts:  # PyTorch's own clip adds 1e-6 to the norm
            part.grad *= min(1.0, CLIP / float(norm))
        number = rate(step) if callable(rate) else rate
        decay.param_groups[0]["lr"] = float(keras.ops.convert_to_numpy(number))
        decay.step()
    return [part.detach().numpy() for part in parts]


CASES = [
    ("cosine", "both", "float64"),
    pytest.param("one-cycle", "remainder", "float32", marks=VARIANT),
    pytest.param("constant", "ragged", "float64", marks=VARIANT),
    *(
        pytest.param(*case, marks=pytest.mark.slow)
        for case in (
            ("cosine", "both", "float32"),
            ("inverse-square-root", "whole", "float64"),
            ("one-cycle", "remainder", "float64"),
            ("step-decay", "both", "float64"),
            ("warmup-linear", "ragged", "float64"),
        )
    ),
]


@pytest.mark.parametrize(("schedule", "rows", "dtype"), CASES)
def test_it_is_the_large_batch(schedule: str, rows: str, dtype: str):
    count = ROWS[rows]
    with precision(dtype):
        small = fitted(adamw(schedule, count), count, dtype, WINDOW)
        large = fitted(adamw(schedule, count), count, dtype, 1)
        assert int(small.optimizer.iterations) == updates(count) >= 30
        ours = weights(small)
        assert largest_difference(ours, weights(large)) <= TOLERANCE[dtype]
        assert largest_difference(ours, by_hand(schedule, count)) <= TOLERANCE[dtype]


@pytest.mark.variant
@pytest.mark.parametrize(
    "inner",
    [
        lambda: keras.optimizers.SGD(0.1, 0.9, nesterov=True, clipnorm=0.3),
        lambda: keras.optimizers.RMSprop(0.01, use_ema=True, ema_momentum=0.8),
        lambda: keras.optimizers.Adam(0.02, clipvalue=0.1),
    ],
)
def test_by_any_optimizer_of_keras_fused_or_not(inner: Callable):
    with float64():
        runs = [
            fitted(inner(), 63, "float64", WINDOW),
            fitted(inner(), 63, "float64", WINDOW, fused=False),
        ]
        large = fitted(inner(), 63, "float64", 1)
        for run in runs:
            assert largest_difference(weights(run), weights(large)) <= 1e-9
            for one, other in zip(
                run.optimizer.inner_optimizer.variables,
                large.optimizer.variables,
                strict=True,
            ):
                numbers = keras.ops.convert_to_numpy
                if "norm_total" not in one.path:
                    assert np.allclose(numbers(one), numbers(other), atol=1e-9)


@pytest.mark.variant
def test_a_window_longer_than_the_epoch_is_the_epoch():
    model = fitted(keras.optimizers.SGD(0.1), 15, "float32", WINDOW)
    assert int(model.optimizer.iterations) == EPOCHS
    assert int(model.optimizer.batch) == 0
    whole = fitted(keras.optimizers.SGD(0.1), 15, "float32", 1)  # batches of 20
    assert largest_difference(weights(model), weights(whole)) <= 1e-6


@pytest.mark.parametrize("bad", [3, *variants(0, 2)])
def test_a_window_with_a_bad_batch_is_skipped_whole(bad: int):
    """Of two windows an epoch the first is never taken."""
    x, y = data(40, "float32")
    x[5 * bad] = np.inf
    runs = []
    for rows in (slice(None), slice(20, None)):
        model, batches = network(), len(x[rows]) // 5
        monitor = GradientMonitor(keras.optimizers.Adam(0.01), 10)
        optimizer = GradientAccumulator(monitor, WINDOW, batches)
        model.compile(optimizer, WeighedLoss(keras.losses.MeanSquaredError()))
        kerasdl.accelerate(model, report=pytest.fail)
        model.fit(x[rows], y[rows], 5, epochs=3, shuffle=False, verbose=0)
        runs.append((weights(model), int(monitor.skipped), int(monitor.steps)))
    assert largest_difference(runs[0][0], runs[1][0]) == 0
    assert [run[1:] for run in runs] == [(3, 6), (0, 3)]


def test_a_bad_window_leaves_no_trace_from_its_bad_batch_on():
    x, y = data(20, "float32")
    x[5] = np.inf
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.BatchNormalization(), keras.layers.Dense(1)]
    )
    monitor = GradientMonitor(keras.optimizers.Adam(0.01), 10)
    loss = WeighedLoss(keras.losses.MeanSquaredError())
    model.compile(GradientAccumulator(monitor, WINDOW, WINDOW), loss)
    kerasdl.accelerate(model, report=pytest.fail)
    logs = model.fit(x, y, 5, epochs=1, shuffle=False, verbose=0).history
    assert np.isfinite(logs["loss"]).all()
    expected = x[:5].mean(0) * 0.01
    moved = weights(model)[2]
    assert np.allclose(moved, expected, atol=1e-6)


@pytest.mark.variant
def test_loss_scaling_belongs_inside():
    x, y = data(40, "float32")
    weight = []
    for window in (1, WINDOW):
        model = network()
        scaled: Any = keras.optimizers.LossScaleOptimizer(
            GradientMonitor(keras.optimizers.SGD(0.1)), initial_scale=1024.0
        )
        loss: Any = keras.losses.MeanSquaredError()
        if window > 1:
            scaled, loss = GradientAccumulator(scaled, window, 8), WeighedLoss(loss)
        model.compile(scaled, loss, auto_scale_loss=False)
        model.fit(x, y, 20 // window, epochs=2, shuffle=False, verbose=0)
        assert int(model.optimizer.iterations) == 4
        weight.append(weights(model))
    assert largest_difference(*weight) <= 1e-6


def test_loss_scaling_around_it_is_refused():
    optimizer = GradientAccumulator(keras.optimizers.SGD(), 2, 4)
    with pytest.raises(ValueError, match="must be inside the GradientAccumulator"):
        keras.optimizers.LossScaleOptimizer(optimizer)


@pytest.mark.parametrize("steps", [(0, 4), (2, 0)])
def test_numbers_below_one_are_refused(steps: tuple[int, int]):
    with pytest.raises(ValueError, match="must be at least 1"):
        GradientAccumulator(keras.optimizers.SGD(), *steps)


def test_an_optimizer_that_accumulates_itself_is_refused():
    inner = GradientMonitor(keras.optimizers.SGD(gradient_accumulation_steps=2))
    with pytest.raises(ValueError, match="must not accumulate"):
        GradientAccumulator(inner, 2, 4)


@pytest.mark.variant
def test_a_saved_model_trains_on(tmp_path: Path):
    model = fitted(adamw("constant", 40), 40, "float32", WINDOW)
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    assert again.optimizer.get_config() == model.optimizer.get_config()
    assert int(again.optimizer.iterations) == updates(40)
    x, y = data(40, "float32")
    for each in (model, again):
        each.fit(x, y, 5, epochs=1, shuffle=False, verbose=0)
    assert largest_difference(weights(model), weights(again)) <= 1e-6
