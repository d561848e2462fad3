"""A sweep finds a rate, and leaves everything else as it was."""

import json
from itertools import cycle
from pathlib import Path

import keras
import numpy as np
import pytest
from sklearn.datasets import load_digits

import kerasdl
from kerasdl.checkpoint import random_state, state
from kerasdl.errors import ConfigError, DataError
from tests.jobs.helpers import verb
from tests.variants import quickest

DIGITS = load_digits()
X, Y = (DIGITS.data / 16).astype("float32")[:512], DIGITS.target[:512]
BATCHES = [(X[n : n + 64], Y[n : n + 64]) for n in range(0, 512, 64)]
SMALL = ("--set", "model.hidden_units=[16]", "--steps", "40")


def compiled(rate: object = 1e-3) -> keras.Model:
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((64,)),
            keras.layers.Dense(32, activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(10),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate), loss=loss, metrics=["accuracy"])  # pyright: ignore
    return model


def bits(model: keras.Model) -> dict[str, bytes]:
    arrays = state.capture(model)[0] | random_state.capture()[0]
    return {name: array.tobytes() for name, array in arrays.items()}


@pytest.mark.variant
@pytest.mark.parametrize("accelerated", [True, *quickest(False)])
def test_the_model_is_left_as_it_was(accelerated: bool):
    model = compiled()
    if accelerated:
        kerasdl.accelerate(model)
    model.fit(X, Y, epochs=1, batch_size=64, verbose=0)
    before = bits(model)
    sweep = kerasdl.lr_find(model, cycle(BATCHES), steps=50)
    assert {n for n, b in bits(model).items() if before[n] != b} == set()
    model.fit(X, Y, epochs=1, batch_size=64, verbose=0, shuffle=False)
    after = bits(model)

    other = compiled()
    if accelerated:
        kerasdl.accelerate(other)
    other.fit(X, Y, epochs=1, batch_size=64, verbose=0)
    other.fit(X, Y, epochs=1, batch_size=64, verbose=0, shuffle=False)
    assert [*after.values()] == [*bits(other).values()]
    assert len(sweep.rates) == len(sweep.losses)
    assert 1e-5 < (sweep.suggested or 0) < 1


@pytest.mark.any_backend
def test_a_schedule_cannot_be_swept():
    model = compiled(keras.optimizers.schedules.CosineDecay(1e-3, 10))
    with pytest.raises(ConfigError, match="compiled with a learning-rate schedule"):
        kerasdl.lr_find(model, cycle(BATCHES))


@pytest.mark.any_backend
def test_data_that_end_or_are_not_finite():
    model = compiled()
    with pytest.raises(DataError, match="the data end before the sweep"):
        kerasdl.lr_find(model, BATCHES)
    with pytest.raises(DataError, match="the loss of the first batch is nan"):
        kerasdl.lr_find(model, cycle([(X[:64] * np.nan, Y[:64])]))


@pytest.mark.variant
def test_the_command_draws_a_curve():
    code, said = verb("lr-find", "--preset", "mlp", *SMALL, "--output", "a.svg")
    assert code == 0, said
    assert "suggested  --lr " in said
    assert "learning rate" in Path("a.svg").read_text()
    first = Path("a.svg").read_bytes()
    code, said = verb(
        "lr-find", "--preset", "mlp", *SMALL, "--output", "a.svg", "--json"
    )
    found = json.loads(said)
    assert len(found["rates"]) == len(found["losses"]) == len(found["smoothed"]) <= 40
    assert found["steepest"] < 1
    assert Path("a.svg").read_bytes() == first
    assert not Path("runs").exists()


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--lowest", "0"), "the lowest rate 0 and the highest rate 10 are no range"),
        (("--lowest", "20"), "are no range"),
        (("--highest", "nan"), "are no range"),
        (("--output", "a.pdf"), "--output a.pdf is no .png or .svg file"),
        (("--set", "model.nothing=1"), "model.nothing"),
    ],
)
def test_faults_of_flags(flags: tuple[str, ...], words: str):
    code, said = verb("lr-find", "--preset", "mlp", *flags)
    assert code == 2
    assert words in said


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"lowest": 1.0, "highest": 0.1}, "are no range"),
        ({"lowest": -1.0}, "are no range"),
        ({"steps": 1}, "steps is 1"),
        ({"accumulate": 0}, "accumulate 0"),
    ],
)
def test_arguments_without_a_meaning(given: dict, words: str):
    with pytest.raises(ConfigError, match=words):
        kerasdl.lr_find(compiled(), cycle(BATCHES), **given)


@pytest.mark.any_backend
def test_models_and_batches_that_cannot_be_swept():
    with pytest.raises(ConfigError, match="the model is not compiled"):
        kerasdl.lr_find(keras.Sequential([keras.layers.Dense(1)]), cycle(BATCHES))
    with pytest.raises(ConfigError, match="`batches` are no batches"):
        kerasdl.lr_find(compiled(), (X, Y))
    later = [BATCHES[0], (X[:64] * np.nan, Y[:64])]
    with pytest.raises(DataError, match="not finite after one step"):
        kerasdl.lr_find(compiled(), cycle(later))


@pytest.mark.any_backend
def test_a_range_that_ends_too_early_is_told():
    flags = ("--lowest", "1e-5", "--highest", "1e-4")
    code, said = verb("lr-find", "--preset", "mlp", *SMALL, *flags)
    assert (code, "widen the range" in said) == (0, True), said
