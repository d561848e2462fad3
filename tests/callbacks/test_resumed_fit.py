"""A training that was stopped and taken up again ends as if it had not been."""

import random
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import kerasdl
from kerasdl import backend
from kerasdl.callbacks import Checkpoint
from kerasdl.errors import InterruptedRunError
from kerasdl.layers import Dropout
from tests.callbacks.helpers import (
    BACKEND,
    Kill,
    KilledError,
    assert_equal,
    compiled,
    fit,
)
from tests.variants import VARIANT


def mlp() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((8, 8)),
            layers.Flatten(),
            layers.Dense(32),
            layers.BatchNormalization(),
            layers.ReLU(),
            Dropout(0.3, seed=7),
            layers.Dense(10),
        ]
    )


def adamw() -> keras.optimizers.Optimizer:
    schedule = keras.optimizers.schedules.CosineDecay(1e-2, 30)
    return keras.optimizers.AdamW(
        schedule, global_clipnorm=1.0, use_ema=True, gradient_accumulation_steps=2
    )


def stopped_and_resumed(
    folder: Path, kill: Kill, prepare: Callable = lambda model: model, **given: Any
) -> tuple[keras.Model, dict]:
    checkpoint = {"every_epochs": 0, "every_minutes": 0} | given
    with pytest.raises(KilledError):
        fit(prepare(compiled(mlp, adamw)), Checkpoint(folder, **checkpoint), kill)
    model = prepare(compiled(mlp, adamw))
    np.random.seed(99)  # another process has drawn other numbers before
    history = fit(model, Checkpoint(folder, **checkpoint))
    return model, history


def one_step(model: keras.Model) -> keras.Model:
    # PyTorch cannot record the accumulation of gradients, and says so.
    kerasdl.accelerate(model, steps_per_execution=1, report=lambda _: None)
    return model


def three_steps(model: keras.Model) -> keras.Model:
    kerasdl.accelerate(model, steps_per_execution=3, report=lambda _: None)
    return model


def plain(model: keras.Model) -> keras.Model:
    return model


@cache
def uninterrupted(prepare: Callable) -> tuple[keras.Model, dict]:
    straight = prepare(compiled(mlp, adamw))
    return straight, fit(straight)


@pytest.mark.parametrize(
    ("prepare", "kill"),
    [
        pytest.param(plain, Kill(steps=11), marks=pytest.mark.variant),
        (one_step, Kill(steps=11)),
        pytest.param(plain, Kill(epochs=2), marks=VARIANT),
        pytest.param(one_step, Kill(steps=3), marks=pytest.mark.slow),
        pytest.param(three_steps, Kill(steps=5), marks=VARIANT),
    ],
)
def test_resumed_equals_uninterrupted(tmp_path: Path, prepare: Callable, kill: Kill):
    straight, expected = uninterrupted(prepare)
    model, history = stopped_and_resumed(tmp_path, kill, prepare, every_steps=2)
    assert_equal(model, straight)
    assert history == expected


def cnn() -> keras.Model:
    inputs = keras.Input((8, 8))
    x = layers.Reshape((8, 8, 1))(inputs)
    x = layers.Conv2D(8, 3, use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(x))  # Keras's own
    return keras.Model(inputs, layers.Dense(10)(x))


class Noise(layers.Layer):
    """Draws from generators that no layer owns, where the backend allows it.

    JAX allows none; TensorFlow draws from those of Python and NumPy but once, while a
    step is traced.
    """

    def __init__(self) -> None:
        super().__init__()
        self.seed = keras.random.SeedGenerator(3) if BACKEND == "jax" else None

    def call(self, x: Any, training: bool = False) -> Any:
        drawn = keras.random.normal((8,), seed=self.seed)
        if BACKEND == "torch":
            import torch

            drawn = drawn + random.random() + np.random.rand() + torch.rand(8)
        return x + 0.1 * drawn if training else x


def noisy() -> keras.Model:
    parts = [keras.Input((8, 8)), Noise(), layers.Flatten(), layers.Dense(10)]
    return keras.Sequential(parts)


@pytest.mark.variant
@pytest.mark.parametrize(
    ("prepare", "build"),
    [
        pytest.param(plain, noisy, marks=VARIANT),
        (one_step, cnn),
        pytest.param(one_step, noisy, marks=VARIANT),
        pytest.param(plain, cnn, marks=pytest.mark.slow),
    ],
)
def test_any_model_on_the_same_backend(
    tmp_path: Path, build: Callable, prepare: Callable
):
    straight = prepare(compiled(build, keras.optimizers.Adam))
    expected = fit(straight)
    checkpoint = {"every_steps": 1, "every_epochs": 0, "every_minutes": 0}
    model = prepare(compiled(build, keras.optimizers.Adam))
    with pytest.raises(KilledError):
        fit(model, Checkpoint(tmp_path, **checkpoint), Kill(steps=11))
    model = prepare(compiled(build, keras.optimizers.Adam))
    for generator in (random.seed, np.random.seed, backend.current().seed):
        generator(99)
    assert fit(model, Checkpoint(tmp_path, **checkpoint)) == expected
    assert_equal(model, straight)


@pytest.mark.variant
def test_callbacks_go_on_where_they_were(tmp_path: Path):
    def callbacks() -> list:
        stopping = keras.callbacks.EarlyStopping(
            "val_loss", patience=3, min_delta=0.3, restore_best_weights=True
        )
        plateau = keras.callbacks.ReduceLROnPlateau(
            "loss", factor=0.5, patience=1, min_delta=0.4
        )
        return [stopping, plateau]

    def build() -> keras.Model:
        return compiled(mlp, lambda: keras.optimizers.Adam(1e-3))

    straight = build()
    first = callbacks()
    expected = fit(straight, *first, epochs=12)
    assert len(expected["loss"]) < 12  # it stopped early
    kill = Kill(epochs=len(expected["loss"]) - 1)
    second, third = callbacks(), callbacks()
    given = {"every_epochs": 1, "every_minutes": 0}
    checkpoint = Checkpoint(tmp_path, stateful=second, **given)
    with pytest.raises(KilledError):
        fit(build(), *second, checkpoint, kill, epochs=12)
    for _ in range(2):  # the second time, nothing is left to do
        model = build()
        checkpoint = Checkpoint(tmp_path, stateful=third, **given)
        history = fit(model, *third, checkpoint, epochs=12)
        assert history == expected
        assert third[0].best_epoch == first[0].best_epoch
        for ours, theirs in zip(model.weights, straight.weights, strict=True):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.variant
def test_a_model_without_metrics(tmp_path: Path):
    def build() -> keras.Model:
        model = compiled()
        model.compile("adam", keras.losses.SparseCategoricalCrossentropy(True))
        return model

    straight, checkpoint = build(), {"every_steps": 1}
    expected = fit(straight)
    with pytest.raises(KilledError):
        fit(build(), Checkpoint(tmp_path, **checkpoint), Kill(steps=4))
    model = build()
    assert fit(model, Checkpoint(tmp_path, **checkpoint)) == expected
    assert_equal(model, straight)


@pytest.mark.variant
def test_interrupted_training_is_saved_first(tmp_path: Path):
    straight, expected = uninterrupted(plain)
    asked = iter([""] * 9 + ["stopped by SIGTERM"])
    checkpoint = Checkpoint(tmp_path, interrupted=lambda: next(asked))
    with pytest.raises(
        InterruptedRunError, match="stopped by SIGTERM; step 8 is saved"
    ) as caught:
        fit(compiled(mlp, adamw), checkpoint)
    assert caught.value.exit_code == 75
    model = compiled(mlp, adamw)
    assert fit(model, Checkpoint(tmp_path)) == expected
    assert_equal(model, straight)
