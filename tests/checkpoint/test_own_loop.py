"""Loops of one's own are resumed to the bit."""

from pathlib import Path

import keras
import numpy as np
import pytest

import kerasdl
from kerasdl.checkpoint import files
from kerasdl.errors import ModelFileError
from kerasdl.layers import Dropout

X = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")


def compiled(units: int = 8) -> keras.Model:
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(1)
    parts = [keras.Input((4,)), keras.layers.Dense(units), Dropout(0.3, seed=2)]
    model = keras.Sequential([*parts, keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.01), "mse")
    return model


def steps(model: keras.Model, first: int, last: int) -> None:
    for step in range(first, last):
        rows = np.random.permutation(64)[:16]  # of the generator that is kept
        model.train_on_batch(X[rows], X[rows, :1] * (1 + step % 3))


def test_a_loop_goes_on_where_it_was(tmp_path: Path):
    straight = compiled()
    np.random.seed(5)
    steps(straight, 0, 6)
    stopped = compiled()
    np.random.seed(5)
    assert kerasdl.checkpoint.load(tmp_path, stopped) is None
    for step in range(4):
        steps(stopped, step, step + 1)
        kerasdl.checkpoint.save(tmp_path, stopped, step + 1, epoch=step // 2)
    assert [path.name for path in files.all_paths(tmp_path)] == [
        "step-00000003", "step-00000004",
    ]  # fmt: skip
    resumed = compiled()
    np.random.seed(99)
    assert kerasdl.checkpoint.load(tmp_path, resumed) == (4, {"epoch": 1})
    steps(resumed, 4, 6)
    for ours, theirs in zip(resumed.weights, straight.weights, strict=True):
        np.testing.assert_array_equal(*map(keras.ops.convert_to_numpy, (ours, theirs)))


def test_another_model_stays_as_it_is(tmp_path: Path):
    kerasdl.checkpoint.save(tmp_path, compiled(), 1)
    other = compiled(units=3)
    before = other.get_weights()
    with pytest.raises(ModelFileError, match=r"\(4, 8\)"):
        kerasdl.checkpoint.load(tmp_path, other)
    for ours, theirs in zip(other.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    plain = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match="compile the model"):
        kerasdl.checkpoint.save(tmp_path, plain, 2)
