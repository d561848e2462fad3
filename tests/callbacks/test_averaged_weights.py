"""The averages of the weights are what is validated and kept."""

import keras
import numpy as np
import pytest

from kerasdl.callbacks import AveragedWeights, EarlyStopping
from kerasdl.optimizers import GradientMonitor

X = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")
Y = X.sum(1, keepdims=True)


def compiled(**arguments) -> keras.Model:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.set_weights([np.ones((3, 1)) * 3, np.ones(1)])
    model.compile(GradientMonitor(keras.optimizers.SGD(0.1, **arguments)), "mse")
    return model


def fit(model: keras.Model, *callbacks: keras.callbacks.Callback, epochs: int = 3):
    given = {"epochs": epochs, "batch_size": 8, "shuffle": False, "verbose": 0}
    data = {"validation_data": (X, Y)}
    return model.fit(X, Y, **given, **data, callbacks=list(callbacks)).history


class Weights(keras.callbacks.Callback):
    """Notes the weights and their averages at the end of each epoch."""

    def __init__(self):
        super().__init__()
        self.own, self.averages = [], []

    def on_epoch_end(self, epoch, logs=None):
        self.own.append(self.model.get_weights())
        kept = self.model.optimizer.inner_optimizer._model_variables_moving_average
        self.averages.append([keras.ops.convert_to_numpy(v).copy() for v in kept])


@pytest.mark.variant
def test_averages_are_validated_and_weights_come_back_to_the_bit():
    plain, seen, watch = compiled(), Weights(), Weights()
    plain.optimizer.inner_optimizer.use_ema = True
    plain.optimizer.inner_optimizer.ema_momentum = 0.9
    fit(plain, seen)
    model = compiled(use_ema=True, ema_momentum=0.9)
    history = fit(model, AveragedWeights(), watch)
    for ours, theirs in zip(watch.own, seen.own, strict=True):
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(a, b)
    for loss, (kernel, bias) in zip(history["val_loss"], watch.averages, strict=True):
        expected = np.mean((X @ kernel + bias - Y) ** 2)
        np.testing.assert_allclose(loss, expected, rtol=1e-5)
    assert not np.allclose(watch.own[0][0], watch.averages[0][0])


@pytest.mark.variant
def test_the_best_weights_are_averages():
    model, watch = compiled(use_ema=True, ema_momentum=0.9), Weights()
    stopping = EarlyStopping(averaged=True, restore_best_weights=True, patience=9)
    history = fit(model, AveragedWeights(), watch, stopping)
    best = int(np.argmin(history["val_loss"]))
    for a, b in zip(model.get_weights(), watch.averages[best], strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.variant
def test_without_averages_nothing_happens():
    plain, model = compiled(), compiled()
    assert fit(model, AveragedWeights()) == fit(plain)


def test_before_the_first_step_there_are_no_averages():
    model = compiled(use_ema=True)
    model.optimizer.build(model.trainable_variables)
    loss = model.evaluate(X, Y, verbose=0, callbacks=[AveragedWeights()])
    assert np.isclose(loss, model.evaluate(X, Y, verbose=0))
