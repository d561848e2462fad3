"""What of the first steps is recorded."""

import keras
import numpy as np
import pytest
from keras.src.optimizers import base_optimizer

from kerasdl.config import load
from kerasdl.jobs import assemble
from kerasdl.jobs.build_session import build_session
from kerasdl.jobs.parity_record import _short_run, record
from kerasdl.optimizers import WeighedLoss
from kerasdl.schedules import WarmupLinear

BACKEND = keras.config.backend()


@pytest.mark.slow
@pytest.mark.any_backend
def test_what_has_no_gradient_is_trained_in_float64_alone():
    """Adam would make steps of what rounding leaves in float32."""
    settings = ["model.hidden_units=[8]", "schedule.name=constant"]
    recordings = record(load("mlp", settings=settings))
    assert keras.config.floatx() == "float32"
    for precision, recording in recordings.items():
        begin = recording["initial_weights"]
        end = recording["weights_after_10_steps"]
        moved = {name for name in begin if (begin[name] != end[name]).any()}
        held = {"dense_1/bias"} if precision == "float32" else set()
        assert moved == {*begin} - held
        assert all(array.dtype == precision for array in end.values())
    biases = [r["weights_after_10_steps"]["dense_1/bias"] for r in recordings.values()]
    np.testing.assert_allclose(*biases, atol=1e-9)


def gradients_twice_as_long(monkeypatch):
    clip = base_optimizer.clip_by_global_norm
    twice = lambda grads, norm: clip(grads, 2 * norm)
    monkeypatch.setattr(base_optimizer, "clip_by_global_norm", twice)
    if BACKEND == "torch":
        from kerasdl.backend.fused import torch_kernels

        monkeypatch.setattr(torch_kernels, "clip_by_global_norm", twice)


def averages_that_forget_sooner(monkeypatch):
    update = keras.optimizers.SGD._update_model_variables_moving_average

    def forget(self, weights):
        self.ema_momentum = 0.8
        update(self, weights)

    name = "_update_model_variables_moving_average"
    monkeypatch.setattr(keras.optimizers.SGD, name, forget)


def a_schedule_that_falls_no_further(monkeypatch):
    rate = WarmupLinear.__call__
    first_half = lambda self, step: rate(self, keras.ops.minimum(step, 5))
    monkeypatch.setattr(WarmupLinear, "__call__", first_half)


def batches_that_weigh_alike(monkeypatch):
    monkeypatch.setattr(WeighedLoss, "_divisor", lambda *_: (1, None))


@pytest.fixture(scope="module")
def right() -> dict:
    return short_run()


def short_run() -> dict:
    config = load("mlp", settings=["model.hidden_units=[8]", "optimizer.name=sgd"])
    model, dataset = (parts := build_session(config)).model, parts.dataset
    return _short_run(
        config, model, assemble.batches(config, dataset), norm=0.2, accumulate=3
    )


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("plant", "tensor"),
    [
        (gradients_twice_as_long, "head/kernel"),
        (averages_that_forget_sooner, "head/kernel/average"),
        (a_schedule_that_falls_no_further, "head/kernel"),
        (batches_that_weigh_alike, "head/kernel"),
    ],
)
def test_ten_updates_meet_all_that_a_run_can(plant, tensor, right, monkeypatch):
    plant(monkeypatch)
    wrong = short_run()
    apart = {name for name in right if np.abs(right[name] - wrong[name]).max() > 1e-5}
    assert tensor in apart
    if tensor.endswith("average"):
        assert "head/kernel" not in apart
