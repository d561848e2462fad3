"""Factors of the learning rate are the parameter groups of PyTorch."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import kerasdl
from kerasdl.backend.float64 import float64
from kerasdl.optimizers import (
    SGD,
    Adam,
    AdamW,
    GradientAccumulator,
    GradientMonitor,
    WeighedLoss,
)
from kerasdl.schedules import Cosine
from tests.optimizers.helpers import network
from tests.variants import VARIANT, variants

STEPS, BATCH, RATE, EPSILON = 20, 8, 0.02, 1e-8
DECAY = 0.125
"""A number of float32, to which TensorFlow rounds it even in float64."""
FACTORS = [6.0, 0.1, 1.0, 0.25]
"""Of the first kernel and bias, then of those of the head."""
DECAYED = [True, False, True, False]
RNG = np.random.default_rng(0)
X = RNG.normal(size=(5 * BATCH, 3))
Y = X[:, :1] * X[:, 1:2] + 1


def more(*values: Any) -> Any:
    return pytest.param(*values, marks=VARIANT)


def adam(decay: float = DECAY, **arguments: Any) -> Adam:
    return Adam(RATE, decay, epsilon=EPSILON, **arguments)


def adamw(decay: float = DECAY, **arguments: Any) -> AdamW:
    return AdamW(RATE, decay, epsilon=EPSILON, **arguments)


def sgd(decay: float = 0.0, **arguments: Any) -> SGD:
    return SGD(RATE, 0.9, True, weight_decay=decay or None, **arguments)


def factors(model: keras.Model, values: list[float]) -> dict[str, float]:
    pairs = zip(model.trainable_variables, values, strict=True)
    return {variable.path: value for variable, value in pairs}


def fitted(
    make: Callable,
    values: list[float] | None = None,
    wrap: Callable = lambda optimizer: optimizer,
    *,
    fused: bool = True,
    batch: int = BATCH,
    y: np.ndarray = Y,
    **arguments: Any,
) -> keras.Model:
    """Train for 20 updates."""
    model = network()
    if values:
        arguments["rate_factors"] = factors(model, values)
    optimizer: Any = make(**arguments)
    spared = model.trainable_variables[1::2]
    optimizer.exclude_from_weight_decay(var_list=spared)
    loss = WeighedLoss(keras.losses.MeanSquaredError())
    model.compile(wrap(optimizer), loss, auto_scale_loss=False)
    if fused:
        kerasdl.accelerate(model, report=pytest.fail)
    model.fit(X, y, batch, epochs=STEPS // 5, shuffle=False, verbose=0)
    return model


def in_pytorch(make: Callable, values: list[float]) -> list[np.ndarray]:
    """Train as a user of PyTorch would, with a parameter group for each weight."""
    torch = pytest.importorskip("torch")
    with float64():
        initial = network().get_weights()
    parts = [torch.tensor(weight, requires_grad=True) for weight in initial]
    groups = [
        {"params": [part], "lr": RATE * factor, "weight_decay": DECAY * decayed}
        for part, factor, decayed in zip(parts, values, DECAYED, strict=True)
    ]
    optimizer = make(torch, groups)
    for step in range(STEPS):
        rows = slice(step % 5 * BATCH, (step % 5 + 1) * BATCH)
        hidden = torch.tanh(torch.tensor(X[rows]) @ parts[0] + parts[1])
        error = hidden @ parts[2] + parts[3] - torch.tensor(Y[rows])
        optimizer.zero_grad()
        (error**2).mean().backward()
        for group in optimizer.param_groups:  # Keras adds it before the correction
            group["eps"] = EPSILON / (1 - 0.999 ** (step + 1)) ** 0.5
        optimizer.step()
    return [part.detach().numpy() for part in parts]


def plain_sgd(torch: Any, groups: list) -> Any:
    for group in groups:
        group["weight_decay"] = 0.0
    return torch.optim.SGD(groups, momentum=0.9, nesterov=True)


def assert_close(
    model: keras.Model, expected: list[np.ndarray], atol: float = 1e-12
) -> None:
    for ours, theirs in zip(model.get_weights(), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=atol)


REFERENCES: dict[Callable, Callable] = {
    adam: lambda torch, groups: torch.optim.Adam(groups),
    adamw: lambda torch, groups: torch.optim.AdamW(groups),
    sgd: plain_sgd,
}


@pytest.mark.parametrize("fused", [True, *variants(False)])
@pytest.mark.parametrize("make", [adamw, *variants(adam, sgd)])
def test_they_are_the_groups_of_pytorch(make: Callable, fused: bool):
    with float64():
        expected = in_pytorch(REFERENCES[make], FACTORS)
        assert_close(fitted(make, FACTORS, fused=fused), expected)


@pytest.mark.parametrize(
    ("make", "arguments"),
    [
        (adamw, {"global_clipnorm": 0.1, "use_ema": True}),
        more(adam, {"amsgrad": True, "clipvalue": 0.1}),
        more(sgd, {"decay": DECAY, "global_clipnorm": 0.1}),
    ],
)
def test_a_fused_step_is_the_step_of_keras(make: Callable, arguments: dict):
    with float64():
        plain, ours = (
            fitted(make, FACTORS, GradientMonitor, fused=fused, **arguments)
            for fused in (False, True)
        )
        assert_close(ours, plain.get_weights())


@pytest.mark.variant
def test_a_window_is_the_step_of_its_large_batch():
    def halves(optimizer: Any) -> GradientAccumulator:
        return GradientAccumulator(GradientMonitor(optimizer), 2, 10)

    with float64():
        whole = fitted(adamw, FACTORS)
        parts = fitted(adamw, FACTORS, halves, batch=BATCH // 2)
        assert_close(parts, whole.get_weights())


@pytest.mark.variant
@pytest.mark.parametrize("make", [adamw, *variants(adam, sgd)])
def test_a_skipped_step_changes_no_group(make: Callable):
    """The third batch is lost in each epoch; so is a step in five."""
    lost = np.where(np.repeat(np.arange(5) == 2, BATCH)[:, None], np.nan, Y)
    models = [
        fitted(make, FACTORS, GradientMonitor, fused=fused, y=lost)
        for fused in (False, True)
    ]
    assert all(np.isfinite(weight).all() for weight in models[1].get_weights())
    assert_close(models[1], models[0].get_weights(), 1e-6)


@pytest.mark.variant
@pytest.mark.parametrize(
    ("wrap", "arguments"),
    [
        (keras.optimizers.LossScaleOptimizer, {"fused": False}),
        more(lambda o: o, {"use_ema": True, "ema_momentum": 0.5}),
        more(lambda o: GradientAccumulator(o, 3, 5), {}),
    ],
)
def test_a_factor_of_zero_keeps_a_weight(wrap: Callable, arguments: dict):
    before = network().get_weights()
    after = fitted(adamw, [0.0, 0.0, 1.0, 1.0], wrap, **arguments).get_weights()
    for number, (old, new) in enumerate(zip(before, after, strict=True)):
        assert np.array_equal(old, new) == (number < 2)


def test_the_decay_scales_with_the_own_rate():
    variables = [keras.Variable([1.0, -2.0], name=name) for name in ("one", "other")]
    optimizer = AdamW(0.5, 0.1, rate_factors={"other": 0.5})
    optimizer.apply([keras.ops.zeros(2) for _ in variables], variables)
    for variable, left in zip(variables, (0.95, 0.975), strict=True):
        value = keras.ops.convert_to_numpy(variable)
        np.testing.assert_allclose(value, [left, -2 * left], rtol=1e-6)


@pytest.mark.variant
@pytest.mark.parametrize("make", [adamw, *variants(adam, sgd)])
def test_factors_of_one_change_no_bit(make: Callable):
    ones, none = fitted(make, [1.0] * 4), fitted(make)
    for one, other in zip(ones.get_weights(), none.get_weights(), strict=True):
        assert np.array_equal(one, other)


@pytest.mark.variant
@pytest.mark.parametrize("make", [adamw, *variants(adam, sgd)])
def test_they_are_kept_in_a_file_and_are_no_state(make: Callable, tmp_path: Path):
    # Keras does not keep which variables are not decayed.
    straight = fitted(make, FACTORS, fused=False, decay=0.0)
    assert straight.optimizer.get_config()["rate_factors"] == FACTORS
    without = fitted(make, fused=False)
    assert "rate_factors" not in without.optimizer.get_config()
    shapes = [[v.shape for v in m.optimizer.variables] for m in (straight, without)]
    assert shapes[0] == shapes[1]
    straight.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for model in (straight, loaded):
        model.fit(X, Y, BATCH, shuffle=False, verbose=0)
    assert_close(loaded, straight.get_weights(), 1e-6)


@pytest.mark.parametrize("given", [{"kernel": 0.5}, [0.5, 1.0]])
def test_config_round_trip(given: Any):
    config = AdamW(rate_factors=given).get_config()
    assert config["rate_factors"] == given
    again = AdamW.from_config(config)
    again.build([keras.Variable([1.0], name=name) for name in ("kernel", "bias")])
    assert again.get_config() == config | {"rate_factors": [0.5, 1.0]}


def test_they_follow_a_schedule():
    """The first update of Adam is the learning rate, whatever the gradient."""
    variables = [keras.Variable([0.0], name=name) for name in ("one", "other")]
    rate = Cosine(0.1, 10, warmup_steps=2)
    optimizer = Adam(rate, epsilon=1e-12, rate_factors={"other": 0.1})
    moved = []
    for _ in range(2):  # the rate of step 0 is 0
        optimizer.apply([keras.ops.ones(1) for _ in variables], variables)
        moved.append([float(keras.ops.convert_to_numpy(v)[0]) for v in variables])
    assert moved[0] == [0.0, 0.0]
    assert moved[1] == pytest.approx([-0.05, -0.005], rel=1e-4)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"kernal": 0.1}, r"has 'kernal', which is no trained variable.*kernel\?"),
        ({"kernel": -1.0}, r"of 'kernel' \(=-1.0\) must satisfy 0 ≤ factor"),
        ({"kernel": float("nan")}, r"of 'kernel' \(=nan\) must satisfy"),
        ([0.5, float("inf")], "has 2 factors for 1 trained variables"),
        ([float("inf")], r"of 'kernel' \(=inf\) must satisfy"),
    ],
)
@pytest.mark.parametrize("kind", [AdamW, *variants(Adam, SGD)])
def test_what_cannot_be_meant_is_refused(kind: type, given: Any, complaint: str):
    optimizer = kind(rate_factors=given)
    with pytest.raises(ValueError, match=complaint) as caught:
        optimizer.build([keras.Variable([1.0], name="kernel")])
    assert "\n" not in str(caught.value)
