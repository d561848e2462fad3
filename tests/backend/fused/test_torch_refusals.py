"""What leaves the tensors while a step is recorded is left to Keras, aloud."""

import contextlib
import copy
import importlib
import logging
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import torch
from keras import layers, ops
from sklearn.metrics import f1_score

from kerasdl.optimizers import GradientAccumulator, WeighedLoss
from tests.backend.fused.torch_twins import Apply, net, twins


def f1(y: Any, p: Any) -> Any:
    y, p = (ops.convert_to_numpy(array).ravel() > 0.5 for array in (y, p))
    return f1_score(y, p, zero_division=0.0)


def value_of_pointer(p: torch.Tensor) -> float:
    return float(p.data_ptr() > 0) + float(
        p.detach().cpu().clone().untyped_storage()[0]
    )


def deep_copy(p: torch.Tensor) -> float:
    return copy.deepcopy(p.detach()).mean()


@pytest.mark.parametrize(
    "metric",
    [
        f1,
        lambda y, p: ops.convert_to_numpy(p).mean(),
        lambda y, p: p.detach().cpu().numpy().mean(),
        lambda y, p: np.mean(p.detach().tolist()),
        lambda y, p: np.asarray(p.detach()).mean(),
        lambda y, p: np.array(p.detach()).mean(),
        lambda y, p: np.from_dlpack(p.detach()).mean(),
        lambda y, p: p.mean().item(),
        lambda y, p: torch.Tensor.item(p.mean()),
        lambda y, p: float(p.detach().mean()),
        lambda y, p: float(int(100 * p.detach().mean())),
        lambda y, p: float(f"{p.mean():.3f}"),
        lambda y, p: float(len(repr(p))),
        lambda y, p: float(torch.equal(p, p.round())),
        lambda y, p: float(torch.allclose(p, y, atol=0.5)),
        lambda y, p: p.mean() if p.mean() > 0.2 else 0.0,
        lambda y, p: p[p > 0.2].sum(),
        lambda y, p: torch.masked_select(p, p > 0.2).sum(),
        lambda y, p: float(len(torch.unique(p.round()))),
        lambda y, p: value_of_pointer(p),
        lambda y, p: deep_copy(p),
        lambda y, p: p.detach().clone().apply_(lambda value: round(value)).mean(),
    ],
    ids=[
        *("sklearn", "convert_to_numpy", "numpy", "tolist", "asarray", "array"),
        *("dlpack", "item", "unbound_item", "float", "int", "format", "repr"),
        *("equal", "allclose", "bool", "mask", "select", "unique", "pointer"),
        *("deep_copy", "apply"),
    ],
)
def test_a_metric_that_reads_values_is_left_to_keras(metric: Callable) -> None:
    def named(y: Any, p: Any) -> Any:
        return metric(y, p)

    pair = twins(lambda: net(metrics=[named]))
    pair.fit(epochs=2)
    [line] = pair.assert_equal(reports=1)
    assert "Keras's own step: " in line
    assert any(
        what in line
        for what in ("reads the value of a tensor", "shape depends on values")
    )


def test_the_reason_names_the_function() -> None:
    class Gate(layers.Layer):
        def call(self, x: Any) -> Any:
            return x * 2 if ops.convert_to_numpy(x).mean() > 0 else x

    pair = twins(lambda: net(Gate()))
    pair.fit()
    [line] = pair.assert_equal(reports=1)
    assert line.endswith("Gate.call reads the value of a tensor (array)")


def test_what_catches_the_refusal_does_not_hide_it() -> None:
    def call(layer: Any, x: Any) -> Any:
        scale = 0.0
        with contextlib.suppress(Exception):
            scale = float(x.detach().mean())
        return x * scale

    pair = twins(lambda: net(Apply(call)))
    pair.fit()
    pair.assert_equal(reports=1)


def test_a_gradient_that_reads_values_is_left_to_keras() -> None:
    class Scaled(torch.autograd.Function):
        @staticmethod
        def forward(context: Any, x: Any) -> Any:
            return x * 1

        @staticmethod
        def backward(context: Any, gradient: Any) -> Any:
            return gradient * float(np.sign(gradient.cpu().numpy()).mean())

    pair = twins(lambda: net(Apply(lambda layer, x: Scaled.apply(x))))
    pair.fit()
    pair.assert_equal(reports=1)


def test_a_step_that_is_refused_at_its_end_leaves_no_divisor() -> None:
    """A masked loss notes how much its batch weighs, and what is recorded is dropped."""

    class Reading(GradientAccumulator):
        def apply(self, grads: Any, weights: Any = None) -> Any:
            grads[0].sum().item()
            return super().apply(grads, weights)

    def build() -> keras.Model:
        keras.utils.set_random_seed(1)
        parts = [keras.Input((3, 4)), layers.Masking(), layers.Dense(1)]
        model = keras.Sequential(parts)
        loss = WeighedLoss(keras.losses.MeanSquaredError())
        model.compile(Reading(keras.optimizers.SGD(0.1), 3, 3), loss)
        return model

    x = np.random.default_rng(0).normal(size=(24, 3, 4)).astype("float32")
    x[:, 2] = 0
    pair = twins(build)
    pair.fit(data=lambda: (x, x[..., :1]))
    pair.assert_equal(reports=1)


def test_numbers_that_stand_in_the_code_may_be_read() -> None:
    def call(layer: Any, x: Any) -> Any:
        return x * float(torch.tensor(2.0)) if bool(torch.tensor(True)) else x

    pair = twins(lambda: net(Apply(call)))
    pair.fit()
    pair.assert_equal(reports=0)


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (partial(print, "called"), "prints"),
        (lambda: logging.getLogger("calls").warning("called"), "writes to a log"),
        (lambda: time.time(), "reads the clock"),
        (lambda: Path("calls").open("a").close(), "opens a file"),
        (lambda: np.save("calls.npy", np.zeros(1)), "opens a file"),
        (lambda: Path("calls").mkdir(exist_ok=True), "changes files"),
        (lambda: Path(tempfile.mkdtemp()).rmdir(), "changes files"),
        (lambda: subprocess.run(["true"], check=True), "starts a process"),
        (lambda: np.random.default_rng().normal(), "reads from the system"),
        (lambda: importlib.import_module("time").time(), "looks modules up by name"),
    ],
    ids=[
        *("print", "log", "clock", "file", "numpy", "folder", "temporary", "process"),
        *("entropy", "import"),
    ],
)
def test_what_acts_outside_is_left_to_keras(
    act: Callable, reason: str, capsys: pytest.CaptureFixture, caplog: Any
) -> None:
    def call(layer: Any, x: Any) -> Any:
        act()
        return x

    outputs = []
    pair = twins(lambda: net(Apply(call)))
    capsys.readouterr(), caplog.clear()

    def told() -> None:
        logged = [record for record in caplog.records if record.name == "calls"]
        outputs.append((capsys.readouterr().out, len(logged)))
        caplog.clear()

    pair.fit(before=told)
    told()
    [line] = pair.assert_equal(reports=1)
    assert reason in line
    assert outputs[1] == outputs[2]


@pytest.mark.parametrize("rate", [0.01, 0.1])
def test_nadam_corrects_its_moments_anew_at_each_step(rate: float) -> None:
    pair = twins(lambda: net(optimizer=keras.optimizers.Nadam(rate)))
    pair.fit()
    pair.assert_equal(reports=0)


@pytest.mark.parametrize(
    ("optimizer", "left_to_keras"),
    [
        (
            lambda: keras.optimizers.Nadam(0.01, weight_decay=0.1, global_clipnorm=0.1),
            False,
        ),
        (lambda: keras.optimizers.Nadam(0.01, gradient_accumulation_steps=2), True),
        (lambda: keras.optimizers.Adamax(0.01), False),
        (lambda: keras.optimizers.Lion(0.01), False),
        (lambda: keras.optimizers.Lamb(0.01), False),
        (lambda: keras.optimizers.Ftrl(0.01), False),
        (lambda: keras.optimizers.Adafactor(0.01), False),
        (lambda: keras.optimizers.RMSprop(0.01, centered=True), False),
        (lambda: keras.optimizers.Adagrad(0.01), False),
        (lambda: keras.optimizers.Muon(0.01), False),
        (lambda: keras.optimizers.ScheduleFreeAdamW(0.01), True),
    ],
)
def test_every_optimizer_is_followed_or_left_to_keras(
    optimizer: Callable, left_to_keras: bool
) -> None:
    pair = twins(lambda: net(optimizer=optimizer()))
    pair.fit()
    pair.assert_equal(reports=left_to_keras)


def test_a_former_value_that_keras_overwrites_is_left_to_it() -> None:
    pair = twins(lambda: net(optimizer=keras.optimizers.ScheduleFreeAdamW(0.01)))
    pair.fit()
    [line] = pair.assert_equal(reports=1)
    assert "ScheduleFreeAdamW.update_step uses the former value of a variable" in line
