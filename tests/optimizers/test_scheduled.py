"""Adam, AdamW and SGD under a cycled momentum are PyTorch's under `OneCycleLR`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import kerasdl
from kerasdl.optimizers import SGD, Adam, AdamW, GradientMonitor
from kerasdl.schedules import OneCycle, OneCycleMomentum
from tests.variants import VARIANT, variants

STEPS, BATCH = 50, 8
RNG = np.random.default_rng(0)
X = RNG.normal(size=(5 * BATCH, 6)).astype("float32")
Y = np.tanh(X @ RNG.normal(size=(6, 2))).astype("float32")
CYCLES = [(0.3, 0.85, 0.95), (0.45, 0.5, 0.9)]


def network() -> keras.Model:
    keras.utils.set_random_seed(3)
    hidden = keras.layers.Dense(7, activation="tanh")
    return keras.Sequential([keras.Input((6,)), hidden, keras.layers.Dense(2)])


def fitted(
    optimizer: keras.optimizers.Optimizer, *, fused: bool, epochs: int = 10
) -> keras.Model:
    model = network()
    model.compile(optimizer, "mse")
    if fused:
        kerasdl.accelerate(model, report=pytest.fail)
    model.fit(X, Y, BATCH, epochs=epochs, shuffle=False, verbose=0)
    return model


def pytorch_weights(
    make: Callable, peak: float, cycle: tuple[float, float, float]
) -> list[np.ndarray]:
    torch = pytest.importorskip("torch")
    kernel, bias, head, head_bias = weights = [
        torch.tensor(value, requires_grad=True) for value in network().get_weights()
    ]
    optimizer = make(torch, weights)
    pct_start, base, highest = cycle
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, peak, total_steps=STEPS, pct_start=pct_start,
        base_momentum=base, max_momentum=highest,
    )  # fmt: skip
    for step in range(STEPS):
        rows = slice(step % 5 * BATCH, (step % 5 + 1) * BATCH)
        outputs = torch.tanh(torch.tensor(X[rows]) @ kernel + bias) @ head + head_bias
        loss = ((outputs - torch.tensor(Y[rows])) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step + 1 < STEPS:
            scheduler.step()
    return [weight.detach().numpy() for weight in weights]


def assert_close(model: keras.Model, expected: list[np.ndarray]) -> None:
    for ours, theirs in zip(model.get_weights(), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)


def momentum(cycle: tuple[float, float, float]) -> OneCycleMomentum:
    return OneCycleMomentum(STEPS, cycle[1], cycle[2], cycle[0])


def adamw(cycle: tuple = CYCLES[0], peak: float = 3e-3, **arguments: Any) -> AdamW:
    rate = OneCycle(peak, STEPS, cycle[0])
    return AdamW(rate, 0.05, momentum(cycle), epsilon=1e-12, **arguments)


def adam(cycle: tuple = CYCLES[0], **arguments: Any) -> Adam:
    rate = OneCycle(3e-3, STEPS, cycle[0])
    return Adam(rate, 0.05, momentum(cycle), epsilon=1e-12, **arguments)


def sgd(
    cycle: tuple = CYCLES[0], *, nesterov: bool = False, **arguments: Any
) -> keras.optimizers.Optimizer:
    return SGD(OneCycle(0.1, STEPS, cycle[0]), momentum(cycle), nesterov, **arguments)


@pytest.mark.parametrize(
    ("fused", "cycle"),
    [
        (True, CYCLES[1]),
        pytest.param(False, CYCLES[0], marks=VARIANT),
    ],
)
def test_adamw_is_that_of_pytorch(fused: bool, cycle: tuple):
    def reference(torch: Any, weights: list) -> Any:
        return torch.optim.AdamW(weights, weight_decay=0.05, eps=1e-12)

    expected = pytorch_weights(reference, 3e-3, cycle)
    assert_close(fitted(adamw(cycle), fused=fused), expected)


@pytest.mark.variant
def test_the_usual_epsilon_makes_no_difference():
    """Keras adds it before the bias correction, PyTorch after it."""

    def reference(torch: Any, weights: list) -> Any:
        return torch.optim.AdamW(weights, weight_decay=0.05, eps=1e-8)

    rate = OneCycle(3e-3, STEPS)
    optimizer = AdamW(rate, 0.05, OneCycleMomentum(STEPS), epsilon=1e-8)
    expected = pytorch_weights(reference, 3e-3, CYCLES[0])
    assert_close(fitted(GradientMonitor(optimizer), fused=True), expected)


@pytest.mark.parametrize(
    ("fused", "nesterov"),
    [(True, False), pytest.param(False, True, marks=VARIANT)],
)
def test_sgd_is_that_of_pytorch(fused: bool, nesterov: bool):
    def reference(torch: Any, weights: list) -> Any:
        return torch.optim.SGD(weights, momentum=0.9, nesterov=nesterov)

    expected = pytorch_weights(reference, 0.1, CYCLES[1])
    assert_close(fitted(sgd(CYCLES[1], nesterov=nesterov), fused=fused), expected)


@pytest.mark.parametrize(
    "make",
    [
        lambda: GradientMonitor(adamw(global_clipnorm=0.1, use_ema=True)),
        *variants(
            lambda: GradientMonitor(sgd(nesterov=True)),
            lambda: adamw(amsgrad=True),
            lambda: adam(amsgrad=True),
            lambda: GradientMonitor(adam(global_clipnorm=0.1, use_ema=True)),
        ),
    ],
)
def test_a_fused_step_is_the_step_of_keras(make: Callable):
    plain, ours = (fitted(make(), fused=fused, epochs=2) for fused in (False, True))
    assert_close(ours, plain.get_weights())


@pytest.mark.variant
@pytest.mark.parametrize("make", [adamw, *variants(adam, sgd)])
def test_a_skipped_step_leaves_the_momentum_and_its_schedule(make: Callable):
    """The rows of the third batch are lost; then the rest trains as if it had not been."""
    bad = np.repeat(np.arange(5) == 2, BATCH)[:, None]
    kept = ~bad[:, 0]
    lost, without = (network() for _ in range(2))
    for model, x, y in (
        (lost, X, np.where(bad, np.nan, Y)),
        (without, X[kept], Y[kept]),
    ):
        model.compile(GradientMonitor(make()), "mse")
        kerasdl.accelerate(model, report=pytest.fail)
        model.fit(x, y, BATCH, epochs=3, shuffle=False, verbose=0)
    assert_close(lost, without.get_weights())
    assert int(keras.ops.convert_to_numpy(lost.optimizer.skipped)) == 3


@pytest.mark.variant
@pytest.mark.parametrize(
    ("ours", "kerass"),
    [
        (Adam(0.01, None, 0.8), keras.optimizers.Adam(0.01, 0.8)),
        (AdamW(0.01, 0.1, 0.8), keras.optimizers.AdamW(0.01, 0.1, 0.8)),
        (SGD(0.01, 0.8, True), keras.optimizers.SGD(0.01, 0.8, True)),
    ],
)
def test_with_a_number_they_are_keras_own(ours: Any, kerass: Any):
    one, other = (fitted(o, fused=True, epochs=1) for o in (ours, kerass))
    for weight, same in zip(one.get_weights(), other.get_weights(), strict=True):
        assert np.array_equal(weight, same)
    assert isinstance(ours, type(kerass))
    assert type(ours).__name__ == type(kerass).__name__


@pytest.mark.parametrize("make", [adam, adamw, sgd])
def test_config_round_trip(make: Callable):
    optimizer = make()
    config = keras.optimizers.serialize(optimizer)
    again = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert type(again) is type(optimizer)
    assert keras.optimizers.serialize(again) == config
    name = "momentum" if make is sgd else "beta_1"
    assert config["config"][name]["class_name"] == "OneCycleMomentum"
    assert getattr(again, name) == pytest.approx(CYCLES[0][2])


@pytest.mark.variant
@pytest.mark.parametrize("make", [adamw, *variants(adam, sgd)])
def test_a_compiled_model_goes_on_from_a_file(make: Callable, tmp_path: Path):
    straight = fitted(make(), fused=False, epochs=2)
    fitted(make(), fused=False, epochs=1).save(tmp_path / "half.keras")
    again = keras.saving.load_model(tmp_path / "half.keras")
    again.fit(X, Y, BATCH, epochs=1, shuffle=False, verbose=0)
    assert_close(again, straight.get_weights())


def test_the_momentum_outside_of_steps_is_a_number():
    optimizer = adamw()
    fitted(optimizer, fused=True, epochs=1)
    assert type(optimizer.beta_1) is float


def test_a_momentum_that_begins_with_nothing_is_refused():
    with pytest.raises(ValueError, match="must not be 0"):
        SGD(0.1, OneCycleMomentum(10, 0.0, 0.0))
