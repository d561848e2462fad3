"""A save between two batches: where the data are and where the generators are."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import kerasdl
from kerasdl.callbacks import Checkpoint
from tests.callbacks.helpers import (
    BACKEND,
    Kill,
    KilledError,
    assert_equal,
    compiled,
    digits,
    fit,
)
from tests.variants import VARIANT, variants

STEPS = 7
"""Batches of an epoch in `fit`."""


class Drawing(keras.callbacks.Callback):
    """Draws when an epoch begins, as an augmentation of the user's own might."""

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        np.random.normal()


def accelerated(model: keras.Model) -> keras.Model:
    return kerasdl.accelerate(model, steps_per_execution=1)


def as_it_is(model: keras.Model) -> keras.Model:
    return model


@pytest.mark.parametrize(
    ("prepare", "every", "first"),
    [
        # at the beginning of an epoch
        pytest.param(as_it_is, STEPS, True, marks=VARIANT),
        pytest.param(as_it_is, STEPS, False, marks=VARIANT),
        pytest.param(as_it_is, 5, True, marks=pytest.mark.slow),  # amid one
        (accelerated, STEPS, True),
    ],
)
def test_an_order_that_keras_draws(
    tmp_path: Path, prepare: Callable, every: int, first: bool
):
    def run(folder: str, *more: Any) -> keras.Model:
        model = prepare(compiled())
        checkpoint = Checkpoint(tmp_path / folder, every_steps=every, every_epochs=0)
        callbacks = [Drawing(), checkpoint] if first else [checkpoint, Drawing()]
        keras.utils.set_random_seed(1)
        fit(model, *callbacks, *more)
        return model

    straight = run("straight")
    with pytest.raises(KilledError):
        run("killed", Kill(steps=2 * STEPS + 3))
    assert_equal(run("killed"), straight)


class Shuffled(keras.utils.PyDataset):
    """Draws its order from a generator of its own, or from the epoch."""

    def __init__(self, own: bool):
        super().__init__()
        self.generator = np.random.default_rng()
        self.own, self.arrays = own, digits()
        self.on_epoch_begin()

    def on_epoch_begin(self) -> None:
        generator = self.generator if self.own else np.random.default_rng(5)
        self.rows = generator.permutation(192).reshape(6, 32)

    def __len__(self) -> int:
        return 6

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        x, y = self.arrays
        return x[self.rows[index]], y[self.rows[index]]


def generated(own: bool) -> Iterator:
    generator = np.random.default_rng() if own else np.random.default_rng(5)
    x, y = digits()
    while True:
        rows = generator.permutation(192).reshape(6, 32)
        for some in rows:
            yield x[some], y[some]


@pytest.mark.variant
@pytest.mark.parametrize(
    ("make", "own", "accelerate"),
    [
        (Shuffled, True, False),
        pytest.param(Shuffled, False, False, marks=pytest.mark.slow),
        pytest.param(Shuffled, True, True, marks=pytest.mark.slow),
        pytest.param(generated, True, False, marks=pytest.mark.slow),
        (generated, False, True),
    ],
)
def test_data_in_another_order_are_told(
    tmp_path: Path, make: Callable, own: bool, accelerate: bool
):
    lines: list[str] = []

    def run(*more: Any) -> None:
        model = compiled()
        if accelerate:
            accelerated(model)
        given = {"every_steps": 1, "monitor": "loss", "report": lines.append}
        steps = {"steps_per_epoch": 6} if make is generated else {}
        callbacks = [Checkpoint(tmp_path, **given), *more]
        model.fit(
            make(own), epochs=2, callbacks=callbacks, verbose=0, shuffle=False, **steps
        )

    with pytest.raises(KilledError):
        run(Kill(steps=5))
    assert lines == []
    run()
    if BACKEND == "tensorflow":
        assert ["cannot be checked" in line for line in lines] == [True]
    else:
        assert ["has changed" in line for line in lines] == [True] * own


@pytest.mark.variant
@pytest.mark.parametrize("prepare", [accelerated, *variants(as_it_is)])
def test_arrays_in_their_order_are_not_spoken_of(tmp_path: Path, prepare: Callable):
    lines: list[str] = []
    checkpoint = {"every_steps": 1, "report": lines.append}
    with pytest.raises(KilledError):
        fit(prepare(compiled()), Checkpoint(tmp_path, **checkpoint), Kill(steps=5))
    fit(prepare(compiled()), Checkpoint(tmp_path, **checkpoint))
    assert [line for line in lines if "cannot be checked" not in line] == []
