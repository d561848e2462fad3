"""A save between two batches: where the data are and where the generators are."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import kerasdl
from kerasdl.callbacks import Checkpoint
from tests.callbacks.helpers import Kill, KilledError, assert_equal, compiled, fit

STEPS = 7
"""Batches of an epoch in `fit`."""


class Drawing(keras.callbacks.Callback):
    """Draws when an epoch begins, as an augmentation of the user's own might."""

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        np.random.normal()


def accelerated(model: keras.Model) -> keras.Model:
    return kerasdl.accelerate(model, steps_per_execution=1)


@pytest.mark.parametrize("prepare", [lambda model: model, accelerated])
@pytest.mark.parametrize("every", [STEPS, 5], ids=["begin", "amid"])
@pytest.mark.parametrize("first", [True, False], ids=["before", "behind"])
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
