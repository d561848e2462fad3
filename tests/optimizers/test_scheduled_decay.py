"""The weight decay of Adam and AdamW may follow a schedule, as a user's of PyTorch does."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import kerasdl
from kerasdl.backend.float64 import float64
from kerasdl.optimizers import Adam, AdamW, GradientMonitor
from kerasdl.schedules import FlatCosine
from tests.optimizers.helpers import data, network
from tests.variants import variants

STEPS, BATCH, RATE, EPSILON = 20, 8, 0.02, 1e-8
DECAY = FlatCosine(0.5, STEPS)
FACTORS = [0.25, 4.0, 1.0, 0.5]
X, Y = data(5 * BATCH, "float64")


def optimizer(kind: type, model: keras.Model, **arguments: Any) -> Any:
    pairs = zip(model.trainable_variables, FACTORS, strict=True)
    factors = {variable.path: factor for variable, factor in pairs}
    return kind(RATE, DECAY, epsilon=EPSILON, rate_factors=factors, **arguments)


def fitted(
    kind: type, *, fused: bool, y: np.ndarray = Y, epochs: int = 4, **arguments: Any
) -> keras.Model:
    model = network()
    model.compile(GradientMonitor(optimizer(kind, model, **arguments)), "mse")
    if fused:
        kerasdl.accelerate(model, report=pytest.fail)
    model.fit(X, y, BATCH, epochs=epochs, shuffle=False, verbose=0)
    return model


def in_pytorch(name: str) -> list[np.ndarray]:
    """Train with a weight decay that is set before each step."""
    torch = pytest.importorskip("torch")
    parts = [torch.tensor(w, requires_grad=True) for w in network().get_weights()]
    pairs = zip(parts, FACTORS, strict=True)
    groups = [{"params": [part], "lr": RATE * factor} for part, factor in pairs]
    chosen = getattr(torch.optim, name)(groups)
    for step in range(STEPS):
        rows = slice(step % 5 * BATCH, (step % 5 + 1) * BATCH)
        hidden = torch.tanh(torch.tensor(X[rows]) @ parts[0] + parts[1])
        error = hidden @ parts[2] + parts[3] - torch.tensor(Y[rows])
        chosen.zero_grad()
        (error**2).mean().backward()
        fallen = max(0.0, 2 * step / STEPS - 1)
        for group in chosen.param_groups:
            group["weight_decay"] = 0.25 * (1 + np.cos(np.pi * fallen))
            group["eps"] = EPSILON / (1 - 0.999 ** (step + 1)) ** 0.5
        chosen.step()
    return [part.detach().numpy() for part in parts]


def assert_close(
    model: keras.Model, expected: list[np.ndarray], atol: float = 1e-6
) -> None:
    for ours, theirs in zip(model.get_weights(), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=atol)


@pytest.mark.parametrize("fused", [True, *variants(False)])
@pytest.mark.parametrize("kind", [AdamW, *variants(Adam)])
def test_it_is_that_of_pytorch(kind: type, fused: bool):
    with float64():
        expected = in_pytorch(kind.__name__)
        assert_close(fitted(kind, fused=fused), expected, 1e-12)


@pytest.mark.variant
@pytest.mark.parametrize("kind", [AdamW, *variants(Adam)])
def test_a_fused_step_is_the_step_of_keras(kind: type):
    """Without the third batch, whose steps are skipped."""
    lost = np.where(np.repeat(np.arange(5) == 2, BATCH)[:, None], np.nan, Y)
    plain, ours = (
        fitted(kind, fused=fused, y=lost, amsgrad=True, global_clipnorm=0.5)
        for fused in (False, True)
    )
    assert_close(ours, plain.get_weights())


@pytest.mark.variant
@pytest.mark.parametrize("kind", [AdamW, *variants(Adam)])
def test_a_compiled_model_goes_on_from_a_file(kind: Callable, tmp_path: Path):
    straight = fitted(kind, fused=False)
    fitted(kind, fused=False, epochs=2).save(tmp_path / "half.keras")
    again = keras.saving.load_model(tmp_path / "half.keras")
    inner = again.optimizer.inner_optimizer
    assert type(inner.weight_decay) is float
    again.fit(X, Y, BATCH, epochs=2, shuffle=False, verbose=0)
    assert_close(again, straight.get_weights())
    config = keras.optimizers.serialize(inner)["config"]
    assert config["weight_decay"]["class_name"] == "FlatCosine"
    assert config["weight_decay"]["config"] == DECAY.get_config()
