"""No stale step is ever used, and callbacks see what they always saw."""

from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import kerasdl
from tests.backend.fused import helpers


def pair(**arguments: Any) -> tuple[keras.Model, keras.Model]:
    plain, ours = (
        helpers.compiled(helpers.small, helpers.momentum()) for _ in range(2)
    )
    helpers.accelerated(ours, **arguments)
    return plain, ours


@pytest.mark.variant
def test_fit_again_with_other_batches() -> None:
    plain, ours = pair()
    x, y = helpers.digits()
    for model in (plain, ours):
        helpers.fit(model)
        helpers.fit(model, batch_size=50)
        helpers.fit(model, x[:100], y[:100])
        x[:100] *= 1.5
        helpers.fit(model, x[:100], y[:100])
        x[:100] /= 1.5
    helpers.assert_same(ours, plain, tolerance=1e-4)


@pytest.mark.variant
def test_compile_again() -> None:
    plain, ours = pair()
    for model in (plain, ours):
        helpers.fit(model)
        model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(True))
        helpers.fit(model)
    helpers.assert_same(ours, plain, tolerance=1e-4)


def test_freezing_a_layer_and_compiling() -> None:
    plain, ours = pair()
    for model in (plain, ours):
        helpers.fit(model)
        model.layers[1].trainable = False
        model.layers[2].trainable = False
        model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(True))
        frozen = [np.array(weight) for weight in model.layers[1].get_weights()]
        helpers.fit(model)
        for before, after in zip(frozen, model.layers[1].get_weights(), strict=True):
            np.testing.assert_array_equal(before, after)
    helpers.assert_same(ours, plain, tolerance=1e-4)


@pytest.mark.variant
def test_a_new_learning_rate_is_used_at_once() -> None:
    plain, ours = pair()
    for model in (plain, ours):
        rates = keras.callbacks.LearningRateScheduler(lambda epoch: 0.01 / (epoch + 1))
        helpers.fit(model, callbacks=[rates], epochs=3)
    helpers.assert_same(ours, plain, tolerance=1e-4)


@pytest.mark.variant
def test_evaluate_between_epochs_and_from_a_callback() -> None:
    x, y = helpers.digits()
    seen: dict[str, list] = {"plain": [], "ours": []}
    plain, ours = pair()
    for name, model in (("plain", plain), ("ours", ours)):
        model.name = name
        look = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs, model=model: seen[model.name].append(
                [
                    model.evaluate(x[:90], y[:90], batch_size=40, verbose=0),
                    float(model.predict(x[:5], verbose=0).sum()),
                ]
            )
        )
        helpers.fit(model, validation_data=(x[:70], y[:70]), callbacks=[look])
        seen[name].append([model.evaluate(x, y, verbose=0), 0.0])
    for mine, theirs in zip(seen["ours"], seen["plain"], strict=True):
        np.testing.assert_allclose(mine[0], theirs[0], rtol=1e-4)
        assert mine[1] == pytest.approx(theirs[1], abs=1e-3)
    helpers.assert_same(ours, plain, tolerance=1e-4)


class Batches(keras.callbacks.Callback):
    def __init__(self) -> None:
        super().__init__()
        self.ends: list[int] = []

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.ends.append(batch)


class PatientBatches(Batches):
    async_safe = True


def test_a_callback_that_needs_each_batch_gets_it() -> None:
    model = helpers.compiled(helpers.mlp, helpers.adamw())
    model, lines = helpers.accelerated(model)
    batches = Batches()
    helpers.fit(model, epochs=1, callbacks=[batches])
    assert batches.ends == list(range(10))
    assert lines == ["one step per execution: Batches needs each batch"]


def test_others_are_called_once_an_execution() -> None:
    _, model = pair(steps_per_execution=4)
    batches = PatientBatches()
    helpers.fit(model, epochs=1, callbacks=[batches])
    assert sorted(batches.ends) == [3, 7, 9]


def test_results_do_not_depend_on_the_steps_of_an_execution() -> None:
    models = [pair(steps_per_execution=steps)[1] for steps in (1, 4, 32)]
    for model in models:
        helpers.fit(model)
    for model in models[1:]:
        helpers.assert_same(model, models[0], tolerance=0)


@pytest.mark.variant
def test_the_settings_of_the_model_are_left_as_they_were() -> None:
    _, model = pair()
    helpers.fit(model, epochs=1)
    assert model.steps_per_execution == 1
    x, y = helpers.digits()
    model.train_on_batch(x[:8], y[:8])
    helpers.fit(model, epochs=1)


def test_a_model_built_by_its_first_batch() -> None:
    def build() -> keras.Model:
        return keras.Sequential(
            [layers.Flatten(), layers.Dense(16, activation="relu"), layers.Dense(10)]
        )

    plain, ours = (helpers.compiled(build, helpers.adamw()) for _ in range(2))
    helpers.accelerated(ours)
    for model in (plain, ours):
        helpers.fit(model)
    helpers.assert_same(ours, plain)


@pytest.mark.variant
def test_accelerate_before_compile_and_a_saved_model_loads(tmp_path: Any) -> None:
    keras.utils.set_random_seed(0)
    model = kerasdl.accelerate(helpers.mlp())
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(True))
    helpers.fit(model, epochs=1)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    x, _ = helpers.digits()
    np.testing.assert_allclose(
        loaded.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-6
    )


def test_a_second_call_changes_the_settings() -> None:
    _, model = pair(steps_per_execution=4)
    kerasdl.accelerate(model, steps_per_execution=5)
    batches = PatientBatches()
    helpers.fit(model, epochs=1, callbacks=[batches])
    assert sorted(batches.ends) == [4, 9]


@pytest.mark.variant
def test_a_keras_that_fuses_by_itself_is_left_to_it() -> None:
    plain, ours = pair()
    trainer = ours.fused_trainer
    trainer.fused = SimpleNamespace(
        **vars(trainer.fused) | {"keras_fuses": lambda: True}
    )
    for model in (plain, ours):
        helpers.fit(model, validation_split=0.2)
    helpers.assert_same(ours, plain, tolerance=0)


@pytest.mark.variant
def test_a_fit_of_its_own_is_left_alone_aloud() -> None:
    class Twice(keras.Sequential):
        def fit(self, *args: Any, **kwargs: Any) -> Any:
            super().fit(*args, **kwargs)
            return super().fit(*args, **kwargs)

    def build() -> keras.Model:
        return Twice([keras.Input((8, 8)), layers.Flatten(), layers.Dense(10)])

    plain, ours = (helpers.compiled(build, helpers.adamw()) for _ in range(2))
    _, lines = helpers.accelerated(ours)
    for model in (plain, ours):
        helpers.fit(model)
    helpers.assert_same(ours, plain)
    assert lines == [f"{ours.name} trains with Keras's own step: it overrides fit"]


@pytest.mark.parametrize("steps", [0, -1, 1.5, "many"])
def test_steps_must_be_a_number_above_zero(steps: Any) -> None:
    with pytest.raises(ValueError, match=f"got {steps!r}"):
        pair(steps_per_execution=steps)


@pytest.mark.variant
def test_a_model_that_has_trained_already() -> None:
    plain, ours = (
        helpers.compiled(helpers.small, helpers.momentum()) for _ in range(2)
    )
    x, y = helpers.digits()
    for model in (plain, ours):
        helpers.fit(model)
        model.evaluate(x, y, verbose=0)
    helpers.accelerated(ours)
    for model in (plain, ours):
        helpers.fit(model)
        model.evaluate(x, y, verbose=0)
    helpers.assert_same(ours, plain, tolerance=1e-4)
