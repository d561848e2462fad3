"""Several batches in one step are the large batch, against PyTorch by hand as well."""

import contextlib
import math
from collections.abc import Callable
from pathlib import Path
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
    ("constant", "ragged", "float64"),
    ("cosine", "both", "float64"),
    ("cosine", "both", "float32"),
    ("inverse-square-root", "whole", "float64"),
    ("one-cycle", "remainder", "float64"),
    ("one-cycle", "remainder", "float32"),
    ("step-decay", "both", "float64"),
    ("warmup-linear", "ragged", "float64"),
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


@pytest.mark.parametrize(
    "inner",
    [
        lambda: keras.optimizers.SGD(0.1, 0.9, nesterov=True, clipnorm=0.3),
        lambda: keras.optimizers.Adam(0.02, clipvalue=0.1),
        lambda: keras.optimizers.RMSprop(0.01, use_ema=True, ema_momentum=0.8),
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


@pytest.mark.parametrize("reduction", ["mean", "mean_with_sample_weight"])
def test_sample_weights_weigh(reduction: str):
    rows = ROWS["both"]
    given = np.random.default_rng(2).uniform(0, 3, rows)
    given[7:18] = 0  # two batches without any weight
    arguments = {"reduction": reduction, "sample_weight": given}
    with float64():
        small = fitted(adamw("cosine", rows), rows, "float64", WINDOW, **arguments)
        large = fitted(adamw("cosine", rows), rows, "float64", 1, **arguments)
        assert largest_difference(weights(small), weights(large)) <= 1e-9


def test_a_mask_and_sample_weights_of_each_token_weigh():
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(8, 5, 3)), rng.normal(size=(8, 5, 2))
    x[3, 2:], given = 0, rng.uniform(0.5, 2, (8, 5))
    trained = []
    for window in (1, 2):
        model = keras.Sequential(
            [keras.Input((5, 3)), keras.layers.Masking(), keras.layers.Dense(2)]
        )
        model.set_weights([np.ones(w.shape) for w in model.weights])
        loss: Any = keras.losses.MeanSquaredError(reduction="mean_with_sample_weight")
        optimizer: Any = keras.optimizers.SGD(0.1)
        if window > 1:
            optimizer, loss = GradientAccumulator(optimizer, 2, 2), WeighedLoss(loss)
        model.compile(optimizer, loss)
        arguments = {"sample_weight": given, "shuffle": False, "verbose": 0}
        model.fit(x, y, 8 // window, epochs=2, **arguments)
        trained.append(weights(model))
    assert largest_difference(*trained) <= 1e-5


class Tokens(keras.losses.Loss):
    """A loss that leaves out label 0, as `ignore_class` does."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        loss = keras.losses.SparseCategoricalCrossentropy(True, 0, reduction="none")
        return loss.call(y_true, y_pred)


@pytest.mark.parametrize("masked", ["inputs", "labels", "both"])
def test_tokens_weigh(masked: str):
    """Texts of other lengths: what a mask leaves out counts nothing."""
    rng = np.random.default_rng(3)
    tokens = rng.integers(1, 7, (24, 5))
    for row, length in zip(tokens, rng.integers(1, 6, 24), strict=True):
        row[length:] = 0
    labels = tokens if masked == "labels" else np.where(tokens, tokens[:, ::-1], 0)
    trained = []
    with float64():
        for window in (1, 4):
            model = keras.Sequential(
                [
                    keras.Input((5,)),
                    keras.layers.Embedding(7, 4, mask_zero=masked != "labels"),
                    keras.layers.Dense(7),
                ]
            )
            rng = np.random.default_rng(1)
            model.set_weights([rng.normal(size=w.shape) for w in model.weights])
            loss: keras.losses.Loss = Tokens()
            if masked == "inputs":
                loss = keras.losses.SparseCategoricalCrossentropy(True)
            optimizer: Any = keras.optimizers.SGD(0.5)
            if window > 1:
                optimizer = GradientAccumulator(optimizer, window, 8)
                loss = WeighedLoss(loss)
            model.compile(optimizer, loss)
            kerasdl.accelerate(model, report=pytest.fail)
            model.fit(tokens, labels, 12 // window, epochs=3, shuffle=False, verbose=0)
            trained.append(weights(model))
    assert largest_difference(*trained) <= 1e-9


def test_a_window_longer_than_the_epoch_is_the_epoch():
    model = fitted(keras.optimizers.SGD(0.1), 15, "float32", WINDOW)
    assert int(model.optimizer.iterations) == EPOCHS
    assert int(model.optimizer.batch) == 0
    whole = fitted(keras.optimizers.SGD(0.1), 15, "float32", 1)  # batches of 20
    assert largest_difference(weights(model), weights(whole)) <= 1e-6


@pytest.mark.parametrize("bad", [0, 2, 3])
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
    with pytest.raises(ValueError, match="must be in the GradientAccumulator"):
        keras.optimizers.LossScaleOptimizer(optimizer)


def test_a_loss_that_does_not_weigh_is_refused():
    model = network()
    model.compile(GradientAccumulator(keras.optimizers.SGD(), 2, 4), "mse")
    with pytest.raises(ValueError, match="needs a loss that is a WeighedLoss"):
        model.fit(*data(20, "float32"), 5, verbose=0)


@pytest.mark.parametrize("steps", [(0, 4), (2, 0)])
def test_numbers_below_one_are_refused(steps: tuple[int, int]):
    with pytest.raises(ValueError, match="must be at least 1"):
        GradientAccumulator(keras.optimizers.SGD(), *steps)


def test_an_optimizer_that_accumulates_itself_is_refused():
    inner = GradientMonitor(keras.optimizers.SGD(gradient_accumulation_steps=2))
    with pytest.raises(ValueError, match="must not accumulate"):
        GradientAccumulator(inner, 2, 4)


def test_a_loss_that_is_no_mean_is_refused():
    with pytest.raises(ValueError, match="`reduction`"):
        WeighedLoss(keras.losses.MeanSquaredError(reduction="sum"))


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
