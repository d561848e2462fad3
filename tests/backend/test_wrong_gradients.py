"""Layers that learn wrongly where oneDNN stops at AVX2 are told by name."""

import warnings
from collections.abc import Callable

import keras
import numpy as np
import pytest
from keras import layers

import kerasdl
from kerasdl import backend
from kerasdl.backend import wrong_gradients
from kerasdl.backend.float64 import float64
from kerasdl.testing import dtype_policy

ONEDNN = keras.config.backend() != "jax"
TENSORFLOW = keras.config.backend() == "tensorflow"
AVX2, AVX512 = {"AVX2": True}, {"AVX2": True, "AVX512F": True}
WRONG: dict[str, tuple[tuple, Callable[[], layers.Layer]]] = {
    "a stride one way": ((8, 8, 7), lambda: layers.Conv2D(4, 1, (1, 2))),
    "by channel": ((8, 8, 1), lambda: layers.DepthwiseConv2D(1, 2)),
    "one channel": ((8, 8, 1), lambda: layers.Conv2D(4, 1, 2)),
    "over time": (
        (2, 8, 8, 3),
        lambda: layers.TimeDistributed(layers.Conv2D(4, 1, 2)),
    ),
    "padded": ((None, None, 3), lambda: layers.Conv2D(4, 1, 3, padding="same")),
    "separable": ((8, 8, 1), lambda: layers.SeparableConv2D(4, 1, 2)),
    "within a model": (
        (8, 8, 3),
        lambda: keras.Sequential([layers.Input((8, 8, 3)), layers.Conv2D(4, 1, 2)]),
    ),
}
RIGHT: dict[str, tuple[tuple, Callable[[], layers.Layer]]] = {
    "a wider kernel": ((8, 8, 3), lambda: layers.Conv2D(4, (1, 2), 2)),
    "by three channels": ((8, 8, 3), lambda: layers.DepthwiseConv2D(1, 2)),
    "eight channels": ((8, 8, 8), lambda: layers.Conv2D(4, 1, 2)),
    "frozen": ((8, 8, 3), lambda: layers.Conv2D(4, 1, 2, trainable=False)),
    "groups": ((8, 8, 4), lambda: layers.Conv2D(4, 1, 2, groups=2)),
    "in one dimension": ((8, 3), lambda: layers.Conv1D(4, 1, 2)),
    "in three dimensions": ((4, 4, 4, 3), lambda: layers.Conv3D(4, 1, 2)),
    "of eight channels back": ((4, 4, 3), lambda: layers.Conv2DTranspose(8, 1, 2)),
    "our block": ((8, 8, 3), lambda: kerasdl.layers.ResidualBlock(4, 2)),
    "our deep block": ((8, 8, 3), lambda: kerasdl.layers.BottleneckBlock(2, 2)),
    "unstrided": ((8, 8, 3), lambda: layers.Conv2D(4, 1)),
}
BACK = ((4, 4, 8), lambda: layers.Conv2DTranspose(3, 1, 2))
(WRONG if TENSORFLOW else RIGHT)["back"] = BACK


@pytest.fixture(autouse=True)
def _processor(monkeypatch: pytest.MonkeyPatch):
    """Let the processor have AVX2 and no AVX-512, and oneDNN convolve."""
    for name in ("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(wrong_gradients, "__cpu_features__", AVX2)
    if ONEDNN:
        monkeypatch.setattr(backend.current(), "convolves_by_onednn", lambda: True)


def found(shape: tuple, layer: Callable[[], layers.Layer]) -> list[str]:
    inputs = keras.Input(shape)
    findings = wrong_gradients.wrong_gradients(keras.Model(inputs, layer()(inputs)))
    assert all(finding.severity == "error" for finding in findings)
    return [str(finding) for finding in findings]


@pytest.mark.parametrize("case", WRONG)
def test_it_finds(case: str):
    lines = found(*WRONG[case])
    assert len(lines) == ONEDNN
    for line in lines:
        assert "conv2d" in line
        assert " — " in line
        assert "\n" not in line


@pytest.mark.parametrize("case", RIGHT)
def test_it_passes_over(case: str):
    assert found(*RIGHT[case]) == []


def test_other_precisions_are_right():
    with float64():
        assert found(*WRONG["one channel"]) == []
    with dtype_policy("mixed_bfloat16"):
        assert found(*WRONG["one channel"]) == []


@pytest.mark.parametrize(
    ("features", "limit", "expected"),
    [
        (AVX2, None, True),
        (AVX2, "AVX512_CORE", True),
        (AVX2, "AVX", False),
        (AVX512, None, False),
        (AVX512, "avx2", True),
        (AVX512, "AVX2_VNNI", True),
        (AVX512, "AVX512_CORE", False),
        (AVX512, "SSE41", False),
        ({}, None, False),
        ({"NEON": True}, "AVX2", False),
    ],
)
@pytest.mark.parametrize("variable", ["ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"])
def test_it_asks_the_processor(
    features: dict, limit: str | None, expected: bool, variable: str, monkeypatch
):
    monkeypatch.setattr(wrong_gradients, "__cpu_features__", features)
    if limit:
        monkeypatch.setenv(variable, limit)
    assert bool(found(*WRONG["one channel"])) == (expected and ONEDNN)


@pytest.mark.parametrize("eagerly", [False, True])
def test_training_warns_once_and_names_layer_and_remedy(eagerly: bool):
    built = keras.Sequential([layers.Conv2D(8, 1, (2, 1), name="mine")])
    built.compile("sgd", "mse", run_eagerly=eagerly)
    lines = []
    kerasdl.accelerate(built, report=lines.append)
    assert not lines
    if eagerly:  # the first step would build it
        built.build((None, 4, 4, 3))
    for _ in range(2):  # without a step, which on such a processor may crash
        built.fit(np.ones((2, 4, 4, 3)), np.ones((2, 2, 4, 8)), epochs=0, verbose=0)
    told = [line for line in lines if "mine" in line]
    assert len(told) == ONEDNN
    assert all("`x[:, ::2, ::1]`" in line for line in told)
    built.evaluate(np.ones((2, 4, 4, 3)), np.ones((2, 2, 4, 8)), verbose=0)
    assert [line for line in lines if "mine" in line] == told


def test_it_becomes_a_warning():
    built = keras.Sequential([layers.Input((4, 4, 3)), layers.Conv2D(8, 1, 2)])
    built.compile("sgd", "mse")
    kerasdl.accelerate(built)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        built.train_on_batch(np.ones((2, 4, 4, 3)), np.ones((2, 2, 2, 8)))
    ours = [w for w in caught if w.category is kerasdl.AccelerationWarning]
    assert len(ours) == ONEDNN
