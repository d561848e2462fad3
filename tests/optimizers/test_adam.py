"""Adam's weight decay is PyTorch's: in the gradient, once that is clipped."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

import kerasdl
from kerasdl.backend.float64 import float64
from kerasdl.optimizers import (
    Adam,
    GradientAccumulator,
    GradientMonitor,
    WeighedLoss,
)
from kerasdl.schedules import OneCycleMomentum
from tests.variants import VARIANT, variants

STEPS, BATCH, RATE, DECAY, CLIP = 30, 8, 1e-2, 0.1, 0.5
RNG = np.random.default_rng(0)
X = RNG.normal(size=(5 * BATCH, 6))
Y = np.tanh(X @ RNG.normal(size=(6, 2)))


def network() -> keras.Model:
    hidden = keras.layers.Dense(7, activation="tanh")
    model = keras.Sequential([keras.Input((6,)), hidden, keras.layers.Dense(2)])
    draw = np.random.default_rng(1)
    model.set_weights([draw.normal(size=w.shape) / 2 for w in model.weights])
    return model


def adam(model: keras.Model, **arguments: Any) -> Adam:
    arguments = {"epsilon": 1e-16, "global_clipnorm": CLIP} | arguments
    optimizer: Any = Adam(RATE, DECAY, **arguments)
    biases = [v for v in model.trainable_variables if v.name == "bias"]
    optimizer.exclude_from_weight_decay(var_list=biases)
    return optimizer


def fitted(
    wrap: Callable[[Adam], Any] = GradientMonitor,
    *,
    fused: bool = True,
    window: int = 1,
    **arguments: Any,
) -> keras.Model:
    """Train for `STEPS` updates, each of `window` batches."""
    model, loss = network(), keras.losses.MeanSquaredError()
    optimizer = wrap(adam(model, **arguments))
    if window > 1:
        optimizer = GradientAccumulator(optimizer, window, 5 * window)
        loss = WeighedLoss(loss)
    model.compile(optimizer, loss)
    if fused:
        kerasdl.accelerate(model, report=pytest.fail)
    size = BATCH // window
    model.fit(X, Y, size, epochs=STEPS // 5, shuffle=False, verbose=0)
    return model


def pytorch_weights(
    momenta: Callable[[int], float] | None = None, average: float = 0.0
) -> list[np.ndarray]:
    """Train as a user of PyTorch would; return the weights, or their average."""
    torch = pytest.importorskip("torch")
    with float64():
        initial = network().get_weights()
    parts = [torch.tensor(weight, requires_grad=True) for weight in initial]
    groups = [
        {"params": parts[0::2], "weight_decay": DECAY},
        {"params": parts[1::2], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.Adam(groups, RATE, eps=1e-16)
    averages: list[Any] = []
    for step in range(STEPS):
        rows = slice(step % 5 * BATCH, (step % 5 + 1) * BATCH)
        hidden = torch.tanh(torch.tensor(X[rows]) @ parts[0] + parts[1])
        error = hidden @ parts[2] + parts[3] - torch.tensor(Y[rows])
        optimizer.zero_grad()
        (error**2).mean().backward()
        norm = torch.linalg.vector_norm(torch.cat([p.grad.ravel() for p in parts]))
        for part in parts:  # PyTorch's own clip adds 1e-6 to the norm
            part.grad *= min(1.0, CLIP / float(norm))
        for group in optimizer.param_groups:
            group["betas"] = momenta(step) if momenta else 0.9, 0.999
        optimizer.step()
        now = [part.detach().clone() for part in parts]
        pairs = zip(averages or now, now, strict=True)
        averages = [average * old + (1 - average) * new for old, new in pairs]
    return [part.numpy() for part in averages]


def assert_close(model: keras.Model, expected: list[np.ndarray], atol: float) -> None:
    for ours, theirs in zip(model.get_weights(), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=atol)


@pytest.mark.parametrize(
    ("wrap", "fused", "window"),
    [
        (lambda optimizer: optimizer, True, 1),
        (GradientMonitor, True, 2),
        pytest.param(lambda optimizer: optimizer, False, 1, marks=VARIANT),
        pytest.param(GradientMonitor, True, 1, marks=VARIANT),
    ],
)
def test_it_is_that_of_pytorch(wrap: Callable, fused: bool, window: int):
    with float64():
        expected = pytorch_weights()
        assert_close(fitted(wrap, fused=fused, window=window), expected, 1e-9)


@pytest.mark.parametrize("fused", [True, *variants(False)])
def test_its_momentum_may_be_cycled(fused: bool):
    cycle = OneCycleMomentum(STEPS, 0.5, 0.9)
    number = lambda step: float(keras.ops.convert_to_numpy(cycle(step)))
    with float64():
        expected = pytorch_weights(number)
        assert_close(fitted(fused=fused, beta_1=cycle), expected, 1e-9)


@pytest.mark.variant
def test_the_average_of_its_weights():
    with float64():
        model = fitted(use_ema=True, ema_momentum=0.8)
        assert_close(model, pytorch_weights(average=0.8), 1e-9)


@pytest.mark.parametrize("fused", [True, *variants(False)])
def test_in_float32(fused: bool):
    assert_close(fitted(fused=fused), pytorch_weights(), 1e-5)


@pytest.mark.variant
def test_gradients_that_keras_accumulates():
    model = fitted(lambda o: o, fused=False, gradient_accumulation_steps=5)
    whole = network()
    whole.compile(adam(whole), "mse")
    whole.fit(X, Y, 5 * BATCH, epochs=STEPS // 5, shuffle=False, verbose=0)
    assert_close(model, whole.get_weights(), 1e-6)


@pytest.mark.parametrize("fused", [False, True])
def test_rows_that_no_batch_looks_up_decay_as_well(fused: bool):
    """TensorFlow gives the gradient of an embedding as rows alone."""
    table = keras.layers.Embedding(4, 3)
    model = keras.Sequential([keras.Input((2,), dtype="int32"), table])
    before = model.get_weights()[0]
    model.compile(Adam(RATE, DECAY, epsilon=1e-12), "mse")
    if fused:
        kerasdl.accelerate(model, report=pytest.fail)
    rows = np.array([[0, 1], [1, 1]], "int32")
    model.fit(rows, np.ones((2, 2, 3)), 2, epochs=1, verbose=0)
    moved = model.get_weights()[0] - before
    np.testing.assert_allclose(moved[2:], -RATE * np.sign(before[2:]), rtol=1e-3)
    np.testing.assert_allclose(np.abs(moved[:2]), RATE, rtol=1e-3)
