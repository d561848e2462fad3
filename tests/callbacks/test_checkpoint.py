"""A training that was stopped and taken up again ends as if it had not been."""

import json
import random
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from sklearn.datasets import load_digits

import kerasdl
from kerasdl import backend
from kerasdl.callbacks import Checkpoint
from kerasdl.checkpoint import files
from kerasdl.errors import DataError, InterruptedRunError, ModelFileError
from kerasdl.layers import Dropout

BACKEND = keras.config.backend()
EXAMPLES, BATCH_SIZE, EPOCHS = 200, 32, 3  # six batches and a short one


def digits() -> tuple[np.ndarray, np.ndarray]:
    bunch = load_digits()
    return (bunch.images[:EXAMPLES] / 16).astype("float32"), bunch.target[:EXAMPLES]


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


def compiled(
    build: Callable[[], keras.Model] = mlp,
    optimizer: Callable[[], keras.optimizers.Optimizer] = adamw,
) -> keras.Model:
    """Return the model as a new process would: with the same names and weights."""
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(1)
    model = build()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer(), loss, metrics=["accuracy"])
    return model


class KilledError(Exception):
    pass


class Kill(keras.callbacks.Callback):
    """Ends training without a word, after so many steps or epochs."""

    async_safe = True

    def __init__(self, steps: int = -1, epochs: int = -1):
        super().__init__()
        self.steps, self.epochs, self.seen = steps, epochs, 0

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self.seen += 1
        if self.seen == self.steps:
            raise KilledError

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if epoch + 1 == self.epochs:
            raise KilledError


def fit(
    model: keras.Model, *callbacks: keras.callbacks.Callback, **arguments: Any
) -> dict[str, list[float]]:
    given = {"batch_size": BATCH_SIZE, "epochs": EPOCHS, "verbose": 0}
    # TensorFlow shuffles with draws that nobody can take back.
    given["shuffle"] = BACKEND != "tensorflow"
    x, y = digits()
    given["validation_data"] = (x[:50], y[:50])
    return model.fit(x, y, callbacks=list(callbacks), **given | arguments).history


def state(model: keras.Model) -> dict[str, np.ndarray]:
    variables = [*model.variables, *model.optimizer.variables, *model.metrics_variables]
    return {
        f"{n} {v.path}": keras.ops.convert_to_numpy(v) for n, v in enumerate(variables)
    }


def assert_equal(one: keras.Model, other: keras.Model) -> None:
    """Bit for bit."""
    for (name, ours), theirs in zip(
        state(one).items(), state(other).values(), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs, err_msg=name)


def stopped_and_resumed(
    folder: Path, kill: Kill, prepare: Callable = lambda model: model, **given: Any
) -> tuple[keras.Model, dict]:
    checkpoint = {"every_epochs": 0, "every_minutes": 0} | given
    with pytest.raises(KilledError):
        fit(prepare(compiled()), Checkpoint(folder, **checkpoint), kill)
    model = prepare(compiled())
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
    straight = prepare(compiled())
    return straight, fit(straight)


@pytest.mark.parametrize(
    ("prepare", "kill"),
    [
        (plain, Kill(steps=11)),
        (plain, Kill(epochs=2)),
        (one_step, Kill(steps=11)),
        (one_step, Kill(steps=3)),
        (three_steps, Kill(steps=5)),
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


@pytest.mark.parametrize("build", [cnn, noisy])
@pytest.mark.parametrize("prepare", [plain, one_step])
def test_any_model_on_the_same_backend(
    tmp_path: Path, build: Callable, prepare: Callable
):
    straight = prepare(compiled(build))
    expected = fit(straight)
    checkpoint = {"every_steps": 1, "every_epochs": 0, "every_minutes": 0}
    model = prepare(compiled(build))
    with pytest.raises(KilledError):
        fit(model, Checkpoint(tmp_path, **checkpoint), Kill(steps=11))
    model = prepare(compiled(build))
    for generator in (random.seed, np.random.seed, backend.current().seed):
        generator(99)
    assert fit(model, Checkpoint(tmp_path, **checkpoint)) == expected
    assert_equal(model, straight)


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
        return compiled(optimizer=lambda: keras.optimizers.Adam(1e-3))

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
    for left in (expected, {}):  # the second time, nothing is left to do
        model = build()
        checkpoint = Checkpoint(tmp_path, stateful=third, **given)
        history = fit(model, *third, checkpoint, epochs=12)
        assert history == left
        assert third[0].best_epoch == first[0].best_epoch
        for ours, theirs in zip(model.weights, straight.weights, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_the_newest_and_the_best_stay(tmp_path: Path):
    scores = iter([0.5, 0.2, 0.4, 0.6, 0.3])

    class Score(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            logs["score"] = next(scores)

    checkpoint = Checkpoint(
        tmp_path, every_epochs=1, every_minutes=0, monitor="score", mode="min"
    )
    fit(compiled(), Score(), checkpoint, epochs=5)
    steps = [int(path.name[5:]) for path in files.all_paths(tmp_path)]
    assert steps == [14, 28, 35]
    best = json.loads((tmp_path / "best.json").read_text())
    assert best == {"step": 14, "epoch": 1, "monitor": "score", "value": 0.2}


def test_a_damaged_one_is_passed_over_aloud(tmp_path: Path):
    checkpoint = {"every_epochs": 1, "every_minutes": 0}
    straight = compiled()
    fit(straight, Checkpoint(tmp_path, **checkpoint))
    (files.all_paths(tmp_path)[-1] / files.DETAILS).write_text("{}")
    model, lines = compiled(), []
    fit(model, Checkpoint(tmp_path, report=lines.append, **checkpoint))
    assert "step-00000021 is damaged" in lines[0]
    assert "stepping back" in lines[0]
    assert_equal(model, straight)


def test_lost_weights_are_not_saved(tmp_path: Path):
    class Lose(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                bias = self.model.trainable_variables[-1]
                bias.assign(np.full(bias.shape, np.inf))

    lines: list[str] = []
    every = {"every_steps": 2, "every_epochs": 1, "every_minutes": 0}
    checkpoint = Checkpoint(
        tmp_path, **every, monitor="accuracy", mode="max", report=lines.append
    )
    fit(compiled(), Lose(), checkpoint, epochs=4)
    assert len(lines) == 1
    assert "is not finite" in lines[0]
    newest = files.read_newest(tmp_path, pytest.fail)
    assert newest is not None
    assert (newest.details["epoch"], newest.details["batch"]) == (2, 0)
    best = json.loads((tmp_path / "best.json").read_text())
    assert best["step"] <= newest.step
    assert files.path_of(tmp_path, best["step"]).exists()


def test_none_that_verifies(tmp_path: Path):
    fit(compiled(), Checkpoint(tmp_path), epochs=1)
    for path in files.all_paths(tmp_path):
        (path / files.ARRAYS).unlink()
    model = compiled()
    before = model.get_weights()
    with pytest.raises(ModelFileError, match="none of the 1 checkpoints"):
        fit(model, Checkpoint(tmp_path, report=lambda _: None))
    for ours, theirs in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def wide() -> keras.Model:
    return keras.Sequential(
        [keras.Input((8, 8)), layers.Flatten(), layers.Dense(11, name="head")]
    )


def narrow(dtype: str = "float32") -> keras.Model:
    head = layers.Dense(10, name="head", dtype=dtype)
    return keras.Sequential([keras.Input((8, 8)), layers.Flatten(), head])


@pytest.mark.parametrize(
    ("build", "optimizer", "words"),
    [
        (wide, "adam", r"weights/sequential/head/kernel is \(64, 10\) in .*\(64, 11\)"),
        (mlp, "adam", "has no weights/sequential/dense/kernel"),
        (partial(narrow, "float16"), "adam", "is float32 in .* float16"),
        (narrow, "sgd", "of the optimizer Adam, not SGD"),
    ],
)
def test_another_model_is_refused_untouched(
    tmp_path: Path, build: Callable, optimizer: str, words: str
):
    fit(compiled(narrow, keras.optimizers.Adam), Checkpoint(tmp_path), epochs=1)
    model = compiled(build, lambda: keras.optimizers.get(optimizer))
    before = model.get_weights()
    with pytest.raises(ModelFileError, match=words) as caught:
        fit(model, Checkpoint(tmp_path))
    assert caught.value.exit_code == 4
    for ours, theirs in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)


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


def test_other_data_or_callbacks_are_refused(tmp_path: Path):
    stopping = keras.callbacks.EarlyStopping()
    checkpoint = Checkpoint(tmp_path, every_steps=1, stateful=[stopping])
    with pytest.raises(KilledError):
        fit(compiled(), stopping, checkpoint, Kill(steps=5))
    with pytest.raises(ModelFileError, match="keeps the state of"):
        fit(compiled(), Checkpoint(tmp_path))
    with pytest.raises(DataError, match="end before batch 4") as caught:
        fit(compiled(), stopping, checkpoint, batch_size=128)
    assert caught.value.exit_code == 3


def test_callbacks_that_would_forget_are_refused(tmp_path: Path):
    def parts() -> list:
        stopping = keras.callbacks.EarlyStopping("val_loss")
        checkpoint = Checkpoint(
            tmp_path, every_epochs=1, every_minutes=0, stateful=[stopping]
        )
        return [checkpoint, stopping]

    fit(compiled(), *parts(), epochs=2)
    with pytest.raises(ValueError, match="put EarlyStopping before Checkpoint"):
        fit(compiled(), *parts(), epochs=3)
    fit(compiled(), *reversed(parts()), epochs=3)


def test_a_best_that_nothing_decides_is_told(tmp_path: Path):
    told: list[str] = []
    fit(compiled(), Checkpoint(tmp_path, monitor="score", report=told.append), epochs=2)
    assert told == ["no best checkpoint is kept: score is not measured"]


def test_damaged_ones_ahead_are_no_obstacle(tmp_path: Path):
    checkpoint = {"every_steps": 2, "report": lambda _: None}
    with pytest.raises(KilledError):
        fit(compiled(), Checkpoint(tmp_path, **checkpoint), Kill(steps=11))
    (tmp_path / "step-00000008" / files.ARRAYS).write_bytes(b"")
    fit(compiled(), Checkpoint(tmp_path, **checkpoint | {"every_steps": 3}))
    assert files.read_newest(tmp_path, pytest.fail).step == 21


def test_interrupted_training_is_saved_first(tmp_path: Path):
    straight = compiled()
    expected = fit(straight)
    asked = iter([""] * 9 + ["stopped by SIGTERM"])
    checkpoint = Checkpoint(tmp_path, interrupted=lambda: next(asked))
    with pytest.raises(
        InterruptedRunError, match="stopped by SIGTERM; step 8 is saved"
    ) as caught:
        fit(compiled(), checkpoint)
    assert caught.value.exit_code == 75
    model = compiled()
    assert fit(model, Checkpoint(tmp_path)) == expected
    assert_equal(model, straight)


@pytest.mark.parametrize(
    "arguments", [{"keep": 1}, {"every_steps": -1}, {"every_minutes": -0.5}], ids=str
)
def test_arguments_out_of_range(arguments: dict):
    with pytest.raises(ValueError, match="must be ≥"):
        Checkpoint("checkpoints", **arguments)
