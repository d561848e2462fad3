"""Batches weigh by the values that their losses count; the large batch is the judge."""

from typing import Any

import keras
import numpy as np
import pytest

import kerasdl
from kerasdl.backend.float64 import float64
from kerasdl.optimizers import GradientAccumulator, WeighedLoss
from tests.optimizers.helpers import (
    ROWS,
    WINDOW,
    adamw,
    data,
    fitted,
    largest_difference,
    network,
    weights,
)
from tests.variants import variants


@pytest.mark.parametrize("reduction", ["mean_with_sample_weight", *variants("mean")])
def test_sample_weights_weigh(reduction: str):
    rows = ROWS["both"]
    given = np.random.default_rng(2).uniform(0, 3, rows)
    given[7:18] = 0  # two batches without any weight
    arguments = {"reduction": reduction, "sample_weight": given}
    with float64():
        small = fitted(adamw("cosine", rows), rows, "float64", WINDOW, **arguments)
        large = fitted(adamw("cosine", rows), rows, "float64", 1, **arguments)
        assert largest_difference(weights(small), weights(large)) <= 1e-9


def test_a_mask_and_sample_weights_of_each_token_weigh():
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(8, 5, 3)), rng.normal(size=(8, 5, 2))
    x[3, 2:], given = 0, rng.uniform(0.5, 2, (8, 5))
    trained = []
    for window in (1, 2):
        model = keras.Sequential(
            [keras.Input((5, 3)), keras.layers.Masking(), keras.layers.Dense(2)]
        )
        model.set_weights([np.ones(w.shape) for w in model.weights])
        loss: Any = keras.losses.MeanSquaredError(reduction="mean_with_sample_weight")
        optimizer: Any = keras.optimizers.SGD(0.1)
        if window > 1:
            optimizer, loss = GradientAccumulator(optimizer, 2, 2), WeighedLoss(loss)
        model.compile(optimizer, loss)
        arguments = {"sample_weight": given, "shuffle": False, "verbose": 0}
        model.fit(x, y, 8 // window, epochs=2, **arguments)
        trained.append(weights(model))
    assert largest_difference(*trained) <= 1e-5


class Tokens(keras.losses.Loss):
    """A loss that leaves out label 0, as `ignore_class` does."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        loss = keras.losses.SparseCategoricalCrossentropy(True, 0, reduction="none")
        return loss.call(y_true, y_pred)


@pytest.mark.variant
@pytest.mark.parametrize("masked", ["both", *variants("inputs", "labels")])
def test_tokens_weigh(masked: str):
    """Texts of other lengths: what a mask leaves out counts nothing."""
    rng = np.random.default_rng(3)
    tokens = rng.integers(1, 7, (24, 5))
    for row, length in zip(tokens, rng.integers(1, 6, 24), strict=True):
        row[length:] = 0
    labels = tokens if masked == "labels" else np.where(tokens, tokens[:, ::-1], 0)
    trained = []
    with float64():
        for window in (1, 4):
            model = keras.Sequential(
                [
                    keras.Input((5,)),
                    keras.layers.Embedding(7, 4, mask_zero=masked != "labels"),
                    keras.layers.Dense(7),
                ]
            )
            rng = np.random.default_rng(1)
            model.set_weights([rng.normal(size=w.shape) for w in model.weights])
            loss: keras.losses.Loss = Tokens()
            if masked == "inputs":
                loss = keras.losses.SparseCategoricalCrossentropy(True)
            optimizer: Any = keras.optimizers.SGD(0.5)
            if window > 1:
                optimizer = GradientAccumulator(optimizer, window, 8)
                loss = WeighedLoss(loss)
            model.compile(optimizer, loss)
            kerasdl.accelerate(model, report=pytest.fail)
            model.fit(tokens, labels, 12 // window, epochs=3, shuffle=False, verbose=0)
            trained.append(weights(model))
    assert largest_difference(*trained) <= 1e-9


def two_outputs(window: int, masked: bool, **arguments: Any) -> keras.Model:
    """Train on 28 rows; one output counts an example's 2 values, the other 1 or some."""
    x, y = data(28, "float32")
    labels = np.random.default_rng(5).integers(-1 if masked else 0, 3, 28)
    inputs = keras.Input((3,))
    outputs = [keras.layers.Dense(n)(inputs) for n in (2, 3)]
    model = keras.Model(inputs, outputs)
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(size=w.shape) for w in model.weights])
    optimizer: Any = keras.optimizers.SGD(0.1)
    crossentropy = keras.losses.SparseCategoricalCrossentropy
    losses: Any = [
        keras.losses.MeanSquaredError(),
        crossentropy(True, ignore_class=-1 if masked else None),
    ]
    if window > 1:
        optimizer = GradientAccumulator(optimizer, window, 7)
        losses = [WeighedLoss(loss) for loss in losses]
    model.compile(optimizer, losses, **arguments)
    kerasdl.accelerate(model, report=str if masked else pytest.fail)
    targets = [y * [1, 2], labels]
    held_out = x[:3], [part[:3] for part in targets]  # evaluation weighs nothing
    model.fit(
        x,
        targets,
        16 // window,
        epochs=3,
        shuffle=False,
        verbose=0,
        validation_data=held_out,
    )
    return model


@pytest.mark.variant
def test_several_losses_over_the_same_values_weigh_as_one():
    small, large = (two_outputs(window, masked=False) for window in (4, 1))
    assert largest_difference(weights(small), weights(large)) <= 1e-6


def test_several_losses_of_other_masks_are_refused():
    with pytest.raises(ValueError, match="needs one divisor for all losses"):
        two_outputs(4, masked=True)


def test_a_loss_that_does_not_weigh_is_refused():
    model = network()
    model.compile(GradientAccumulator(keras.optimizers.SGD(), 2, 4), "mse")
    with pytest.raises(ValueError, match="needs a loss that is a WeighedLoss"):
        model.fit(*data(20, "float32"), 5, verbose=0)


def test_a_loss_that_is_no_mean_is_refused():
    with pytest.raises(ValueError, match="`reduction`"):
        WeighedLoss(keras.losses.MeanSquaredError(reduction="sum"))


class Mean(keras.losses.Loss):
    def call(self, y_true: Any, y_pred: Any) -> Any:
        return keras.ops.mean(keras.ops.square(y_true - y_pred))


def test_a_loss_that_takes_the_mean_itself_is_refused():
    model = network()
    model.compile(
        GradientAccumulator(keras.optimizers.SGD(), 2, 4), WeighedLoss(Mean())
    )
    with pytest.raises(ValueError, match="must leave the mean to `reduction`"):
        model.fit(*data(20, "float32"), 5, verbose=0)
