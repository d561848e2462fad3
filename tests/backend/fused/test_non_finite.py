"""A skipped step leaves no trace but its count."""

from collections.abc import Callable

import keras
import numpy as np
import pytest

from kerasdl.optimizers import GradientMonitor
from tests.backend.fused import helpers
from tests.variants import variants

adamw = helpers.adamw


def monitored(optimizer: Callable[[], keras.optimizers.Optimizer], steps: int):
    model = helpers.compiled(small, GradientMonitor(optimizer()))
    model, lines = helpers.accelerated(model, steps_per_execution=steps)
    return model, lines


def small() -> keras.Model:
    parts = [
        keras.layers.Flatten(),
        keras.layers.Dense(16, use_bias=False),
        keras.layers.BatchNormalization(),
        keras.layers.ReLU(),
    ]
    head = keras.layers.Dense(10)
    return keras.Sequential([keras.Input((8, 8)), *parts, head])


def counts(model: keras.Model) -> list[int]:
    monitor = model.optimizer
    variables = monitor.steps, monitor.skipped, monitor.skipped_in_a_row
    return [int(keras.ops.convert_to_numpy(variable)) for variable in variables]


def spoiled(*batches: int) -> tuple[np.ndarray, np.ndarray]:
    x, y = helpers.digits()
    for batch in batches:
        x[batch * helpers.BATCH_SIZE + 3] = np.nan
    return x, y


def without(*batches: int) -> tuple[np.ndarray, np.ndarray]:
    x, y = helpers.digits()
    number = np.arange(len(x)) // helpers.BATCH_SIZE
    kept = ~np.isin(number, batches)
    return x[kept], y[kept]


OPTIMIZERS = {
    "adamw": lambda: adamw(global_clipnorm=1.0),
    "ema": lambda: adamw(use_ema=True, ema_momentum=0.9),
    "sgd": lambda: keras.optimizers.SGD(0.1, momentum=0.9, weight_decay=0.01),
    "rmsprop": lambda: keras.optimizers.RMSprop(1e-3, clipnorm=1.0),
    "accumulation": lambda: adamw(gradient_accumulation_steps=2),
}
OTHERS = ("ema", "sgd", "rmsprop", "accumulation")


@pytest.mark.parametrize("steps", [4, *variants(1)])
@pytest.mark.parametrize("name", ["adamw", *variants(*OTHERS)])
def test_training_is_that_without_the_bad_batches(name: str, steps: int):
    optimizer = OPTIMIZERS[name]
    skipping, _ = monitored(optimizer, steps)
    data = helpers.whole_batches(*spoiled(2, 3, 7))
    history = helpers.fit(skipping, *data, epochs=2, shuffle=False)
    sound, _ = monitored(optimizer, steps)
    data = helpers.whole_batches(*without(2, 3, 7))
    expected = helpers.fit(sound, *data, epochs=2, shuffle=False)
    assert counts(skipping) == [18, 6, 0]
    assert counts(sound) == [12, 0, 0]
    for metric, values in expected.items():
        np.testing.assert_allclose(history[metric], values, rtol=1e-6, err_msg=metric)
    for count in (skipping.optimizer.steps, skipping.optimizer.skipped):
        count.assign(0)
    sound.optimizer.steps.assign(0)
    helpers.assert_same(skipping, sound, tolerance=1e-6)


@pytest.mark.variant
def test_keras_own_step_skips_as_well():
    model = helpers.compiled(helpers.mlp, GradientMonitor(adamw(use_ema=True)))
    sound = helpers.compiled(helpers.mlp, GradientMonitor(adamw(use_ema=True)))
    helpers.fit(model, *spoiled(9), epochs=1, shuffle=False)
    helpers.fit(sound, *without(9), epochs=1, shuffle=False)
    assert counts(model) == [10, 1, 1]
    for ours, theirs in zip(
        [*model.trainable_weights, *model.optimizer.inner_optimizer.variables],
        [*sound.trainable_weights, *sound.optimizer.inner_optimizer.variables],
        strict=True,
    ):
        ours, theirs = map(keras.ops.convert_to_numpy, (ours, theirs))
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


def test_a_constraint_leaves_the_weights_of_a_skipped_step_alone():
    def constrained() -> keras.Model:
        head = keras.layers.Dense(10, kernel_constraint="non_neg")
        return keras.Sequential([keras.Input((8, 8)), keras.layers.Flatten(), head])

    model = helpers.compiled(constrained, GradientMonitor(adamw()))
    before = model.get_weights()
    assert before[0].min() < 0
    model, _ = helpers.accelerated(model)
    helpers.fit(model, *spoiled(*range(10)), epochs=1, shuffle=False)
    for ours, theirs in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.variant
def test_after_so_many_in_a_row_nothing_changes_any_more():
    monitor = GradientMonitor(adamw(), max_skipped=2)
    model, _ = helpers.accelerated(
        helpers.compiled(small, monitor), steps_per_execution=4
    )
    helpers.fit(model, *spoiled(3, 4), epochs=1, shuffle=False)
    sound, _ = monitored(adamw, 4)
    x, y = helpers.digits()
    helpers.fit(sound, x[:96], y[:96], epochs=1, shuffle=False)
    assert counts(model) == [10, 7, 7]
    for ours, theirs in zip(model.weights, sound.weights, strict=True):
        ours, theirs = map(keras.ops.convert_to_numpy, (ours, theirs))
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-7)
