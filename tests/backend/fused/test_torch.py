"""A record under PyTorch never keeps what Keras's step would read anew."""

import json
import random
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import torch
from keras import layers, ops

from kerasdl.backend.fused import torch as torch_module
from kerasdl.jobs import assemble
from tests.backend.fused import helpers
from tests.jobs.helpers import trained


def trained_alike(
    build: Callable[[], keras.Model], *data: Any, **arguments: Any
) -> list[str]:
    """Train both; return what was reported once the results are the same."""
    plain, ours = (helpers.compiled(build, helpers.adamw()) for _ in range(2))
    _, lines = helpers.accelerated(ours)
    for model in (plain, ours):
        helpers.fit(model, *data, **arguments)
    helpers.assert_same(ours, plain)
    return lines


def around(layer: layers.Layer) -> keras.Model:
    return keras.Sequential(classifier(layer))


def classifier(*first: layers.Layer) -> list:
    return [keras.Input((8, 8)), *first, layers.Flatten(), layers.Dense(10)]


class Branching(layers.Layer):
    """Doubles what is positive on average, and only that."""

    def call(self, x: Any) -> Any:
        return x * 2 if bool(ops.mean(x) > 0) else x


def signed_digits() -> tuple[np.ndarray, np.ndarray]:
    x, y = helpers.digits()
    x[: len(x) // 2] *= -1
    return x, y


def test_a_branch_on_a_value_is_seen_and_left_to_keras() -> None:
    lines = trained_alike(lambda: around(Branching()), *signed_digits(), shuffle=False)
    assert len(lines) == 1
    assert "Keras's own step" in lines[0]


def test_a_run_says_why_it_was_not_fused(monkeypatch: pytest.MonkeyPatch) -> None:
    build = assemble.model

    def branching(*arguments: Any) -> keras.Model:
        model = build(*arguments)
        return keras.Model(model.input, model(Branching()(model.input)))

    monkeypatch.setattr(assemble, "model", branching)
    run, _ = trained("mlp", "training.epochs=1")
    lines = (run.path / "events.jsonl").read_text().splitlines()
    kinds = {event["kind"]: event for event in map(json.loads, lines)}
    assert "Keras's own step" in str(kinds["not-fused"])


@pytest.mark.parametrize("draw", [np.random.random, random.random])
def test_draws_of_python_are_not_frozen(draw: Callable[[], float]) -> None:
    class Depth(layers.Layer):
        def call(self, x: Any) -> Any:
            return x if draw() < 0.5 else 2 * x

    lines = trained_alike(lambda: around(Depth()))
    assert "generator" in lines[0]


def test_a_failed_record_leaves_the_random_streams_where_they_were() -> None:
    class NoisyBranch(layers.Layer):
        def call(self, x: Any) -> Any:
            noise = float(np.random.random())
            return x * 2 if bool(ops.mean(x) + noise > 0.4) else x

    lines = trained_alike(lambda: around(NoisyBranch()), *signed_digits())
    assert len(lines) == 1


def test_an_attribute_that_a_step_changes_is_not_frozen() -> None:
    class Counting(layers.Layer):
        calls = 0

        def call(self, x: Any) -> Any:
            self.calls += 1
            return x * (1 + self.calls / 100)

    lines = trained_alike(lambda: around(Counting()))
    assert ".calls" in lines[0]


def test_a_failed_record_takes_back_what_it_counted() -> None:
    class CountingBranch(keras.Sequential):
        calls = 0

        def call(self, *args: Any, **kwargs: Any) -> Any:
            self.calls += 1
            x = super().call(*args, **kwargs)
            return x * self.calls if bool(ops.mean(x) > -9) else x

    [line] = trained_alike(lambda: CountingBranch(classifier()))
    assert "CountingBranch.call" in line


def test_nothing_is_recorded_twice_without_need(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = []
    record = torch_module.record

    def counted(*args: Any, **kwargs: Any) -> Any:
        made.append(args)
        return record(*args, **kwargs)

    monkeypatch.setattr(torch_module, "record", counted)

    class Progress(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self.model.progress = float(epoch > 9)

    model = helpers.compiled(helpers.mlp, helpers.adamw())
    model.progress = 0.0
    helpers.accelerated(model)
    x, y = helpers.digits()
    data = x[:256], y[:256]
    helpers.fit(model, *data, validation_data=data, callbacks=[Progress()], epochs=3)
    assert len(made) == 2  # one to train and one to evaluate


def test_an_attribute_that_a_callback_changes_is_read_again() -> None:
    class Scaled(keras.Sequential):
        beta = 0.0

        def compute_loss(self, *args: Any, **kwargs: Any) -> Any:
            return self.beta * super().compute_loss(*args, **kwargs)

    class Anneal(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self.model.beta = epoch / 2

    def build() -> keras.Model:
        return Scaled(classifier())

    assert trained_alike(build, callbacks=[Anneal()], epochs=3) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda model: setattr(model.layers[1], "rate", 0.9),
        lambda model: setattr(model.optimizer, "weight_decay", 0.5),
        lambda model: setattr(model.optimizer, "clipnorm", 1e-3),
        lambda model: setattr(
            model.optimizer,
            "learning_rate",
            keras.optimizers.schedules.ExponentialDecay(0.1, 5, 0.5),
        ),
        lambda model: setattr(model.layers[-1], "trainable", False),
    ],
    ids=["rate", "weight_decay", "clipnorm", "schedule", "trainable"],
)
def test_settings_changed_during_training_hold_at_once(change: Callable) -> None:
    class Change(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            change(self.model)

    def build() -> keras.Model:
        drop = [layers.Flatten(), layers.Dropout(0.1)]
        dense = [layers.Dense(16), layers.Dense(10)]
        return keras.Sequential([keras.Input((8, 8)), *drop, *dense])

    assert trained_alike(build, callbacks=[Change()]) == []


def test_a_new_optimizer_is_used() -> None:
    plain, ours = (helpers.compiled(helpers.mlp, helpers.adamw()) for _ in range(2))
    helpers.accelerated(ours)
    for model in (plain, ours):
        helpers.fit(model)
        model.optimizer = keras.optimizers.SGD(0.1)
        helpers.fit(model)
    helpers.assert_same(ours, plain)


def test_a_function_that_gives_the_learning_rate_is_called_at_each_step() -> None:
    rates = iter(np.linspace(0.1, 0.0, 41).repeat(2))
    optimizer = keras.optimizers.SGD(lambda: float(next(rates)))
    ours, lines = helpers.accelerated(helpers.compiled(helpers.mlp, optimizer))
    helpers.fit(ours)
    assert "learning rate is a callable" in lines[0]
    assert next(rates) < 0.08


def test_a_loader_of_numpy_arrays() -> None:
    x, y = helpers.digits()

    def loader() -> torch.utils.data.DataLoader:
        return torch.utils.data.DataLoader(
            list(zip(x, y, strict=True)),
            batch_size=32,
            collate_fn=lambda rows: tuple(map(np.stack, zip(*rows, strict=True))),
        )

    plain, ours = (helpers.compiled(helpers.mlp, helpers.adamw()) for _ in range(2))
    _, lines = helpers.accelerated(ours)
    for model in (plain, ours):
        helpers.fit(model, loader(), batch_size=None, shuffle=False)
    helpers.assert_same(ours, plain)
    assert lines == []


@pytest.mark.slow
def test_many_shapes_are_left_to_keras() -> None:
    x, y = helpers.digits()
    sizes = range(4, 24)

    class Growing(keras.utils.PyDataset):
        def __len__(self) -> int:
            return len(sizes)

        def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
            return x[: sizes[index]], y[: sizes[index]]

    plain, ours = (helpers.compiled(helpers.mlp, helpers.adamw()) for _ in range(2))
    _, lines = helpers.accelerated(ours)
    for model in (plain, ours):
        helpers.fit(model, Growing(), batch_size=None, shuffle=False, epochs=1)
    helpers.assert_same(ours, plain)
    assert "more than 16 shapes" in lines[0]


def test_axes_counted_from_the_end_are_turned() -> None:
    class Turned(layers.Layer):
        def build(self, shape: tuple) -> None:
            self.w = self.add_weight(shape=(8, 8), initializer="glorot_uniform")

        def call(self, x: Any) -> Any:
            return x @ ops.transpose(self.w, (-1, 0))

    assert trained_alike(lambda: around(Turned())) == []


def test_a_seeded_dropout_is_left_to_keras_aloud() -> None:
    lines = trained_alike(lambda: around(layers.Dropout(0.3, seed=1)))
    assert len(lines) == 1


def test_a_module_of_pytorch_is_left_to_keras() -> None:
    def build() -> keras.Model:
        torch.manual_seed(0)
        return around(keras.layers.TorchModuleWrapper(torch.nn.Linear(8, 8)))

    assert "a PyTorch module" in trained_alike(build)[0]
