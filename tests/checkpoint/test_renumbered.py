"""Names that Keras numbers anew in a process."""

from collections.abc import Callable

import keras
import numpy as np
import pytest
from keras import layers

from kerasdl.checkpoint import state
from kerasdl.checkpoint.renumbered import renumbered
from kerasdl.checkpoint.snapshot import Snapshot
from kerasdl.errors import ModelFileError
from kerasdl.layers import Dropout


def plain() -> keras.Model:
    inner = keras.Sequential([layers.Dense(8), layers.Dense(8)])
    return keras.Sequential(
        [keras.Input((8,)), layers.Dense(8), inner, Dropout(0.1), layers.Dense(8)]
    )


def forked() -> keras.Model:
    inputs = keras.Input((8,))
    late, early = layers.Dense(8), layers.Dense(8)
    outputs = late(layers.Add()([early(inputs), inputs]))  # made after it is named
    return keras.Model(inputs, layers.LSTM(8)(outputs[:, None]))


def compiled(build: Callable) -> keras.Model:
    model = build()
    model.compile(keras.optimizers.Adam(), "mse")
    for variable in state.variables(model).values():
        if "float" in variable.dtype:
            variable.assign(np.random.normal(size=variable.shape))
    return model


def taken(model: keras.Model) -> Snapshot:
    arrays, details = state.capture(model)
    return Snapshot(1, arrays, details)


@pytest.mark.parametrize("build", [plain, forked])
def test_the_same_model_once_more(build: Callable):
    keras.utils.clear_session(free_memory=False)
    one = compiled(build)
    snapshot = taken(one)
    assert renumbered(one, snapshot) is snapshot
    other = compiled(build)
    with pytest.raises(ModelFileError):
        state.check(other, snapshot)
    moved = renumbered(other, snapshot)
    state.check(other, moved)
    state.restore(other, moved)
    pairs = zip(
        state.variables(one).values(), state.variables(other).values(), strict=True
    )
    for ours, theirs in pairs:
        np.testing.assert_array_equal(ours, theirs)


def another_order() -> keras.Model:
    first, second = layers.Dense(8), layers.Dense(8)
    return keras.Sequential([keras.Input((8,)), second, first])


def in_order() -> keras.Model:
    return keras.Sequential([keras.Input((8,)), layers.Dense(8), layers.Dense(8)])


def named() -> keras.Model:
    head = layers.Dense(8, name="head")
    return keras.Sequential([keras.Input((8,)), layers.Dense(8), head])


@pytest.mark.parametrize("build", [another_order, named, plain])
def test_another_model_is_refused(build: Callable):
    """Places tell nothing where layers were made in another order."""
    keras.utils.clear_session(free_memory=False)
    snapshot = taken(compiled(in_order))
    other = compiled(build)
    assert renumbered(other, snapshot) is snapshot
    with pytest.raises(ModelFileError):
        state.check(other, snapshot)
