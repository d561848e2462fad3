"""A hostile model is refused before it costs anything; whatever Keras saves, loads."""

import shutil
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras.src.backend.common import global_state

from kerasdl import rundir, untrusted
from kerasdl.errors import ModelFileError, UnsafeError
from kerasdl.layers import MultiHeadAttention, TransformerBlock
from kerasdl.model_file import inspect
from kerasdl.model_file.loading import load
from kerasdl.models import FAMILIES
from tests.cli.helpers import assert_fails, kerasdl
from tests.model_file.canary import TOUCHED, Canary
from tests.model_file.files import (
    FILE,
    dense,
    function,
    functional,
    layer,
    tensor,
    weights,
    write_model,
)
from tests.model_file.vulnerabilities import FIXTURES
from tests.models.small import VARIANTS, build, inputs

layers = keras.layers
BACKEND = keras.config.backend()
OLD_RUN = Path(__file__).parents[1] / "runs_of_0_1" / BACKEND
ONE_OF_EACH = {name.split()[0]: make for name, make in reversed(FIXTURES.items())}
X = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")


def outputs(model: keras.Model, x: np.ndarray) -> np.ndarray:
    values = keras.ops.cast(model(x, training=False), "float32")
    return keras.ops.convert_to_numpy(values)


def assert_reloads(model: keras.Model, x: np.ndarray) -> None:
    model.save(FILE)
    assert inspect(FILE).weights >= model.count_params()
    loaded, _ = load(FILE)
    assert not loaded.compiled
    np.testing.assert_array_equal(outputs(loaded, x), outputs(model, x))


@pytest.mark.any_backend
@pytest.mark.parametrize("name", [*FAMILIES, *VARIANTS])
def test_every_family(name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(
        import_module("kerasdl.models.families.resnet"), "WIDTHS", (4, 6, 8, 10)
    )
    family, changes = VARIANTS.get(name, (name, {}))
    assert_reloads(build(family, **changes), inputs(family))


def sequential() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(6, "relu", kernel_regularizer="l2"),
            layers.BatchNormalization(),
            layers.Dropout(0.5),
            layers.Dense(3, activation=keras.activations.softmax),
        ]
    )


def branches() -> keras.Model:
    """Return a model that calls one layer twice, and operations that are no layers."""
    x = keras.Input((4,))
    shared = layers.Dense(4, "gelu")
    y = layers.Concatenate()([shared(shared(x)), x * 2 + 1])
    return keras.Model(x, layers.LayerNormalization()(y[:, :6]))


def nested() -> keras.Model:
    x = keras.Input((4,))
    return keras.Model(x, sequential()(branches()(x)[:, :4]))


def recurrent() -> keras.Model:
    x = keras.Input((4,))
    y = layers.Reshape((2, 2))(x)
    return keras.Model(x, layers.Bidirectional(layers.GRU(3))(y))


def trained() -> keras.Model:
    """Return a model whose file has the state of an optimizer."""
    model = keras.Sequential([keras.Input((4,)), layers.Dense(300), layers.Dense(3)])
    model.compile("adam", "mse", run_eagerly=BACKEND == "tensorflow")
    model.fit(X, X[:, :3], epochs=1, verbose=0)
    return model


def of_bfloat16() -> keras.Model:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, dtype="bfloat16")])
    model.set_weights([np.ones((4, 3)), np.ones(3)])
    return model


MODELS = (sequential, branches, nested, recurrent, trained, of_bfloat16)


@pytest.mark.any_backend
@pytest.mark.parametrize("make", MODELS, ids=lambda make: make.__name__)
def test_models_of_keras(make: Callable[[], keras.Model]):
    assert_reloads(make(), X)


def test_a_model_of_version_0_1():
    file = OLD_RUN / "model.keras"
    (model, _), expected = load(file), keras.saving.load_model(file, compile=False)
    x = np.random.default_rng(0).random((3, *model.input_shape[1:]), "float32")
    np.testing.assert_array_equal(outputs(model, x), outputs(expected, x))


@pytest.mark.any_backend
def test_a_file_written_without_keras():
    """What the hostile ones differ from."""
    write_model()
    expected = np.repeat(X.sum(1, keepdims=True) + 2, 3, axis=1)
    np.testing.assert_allclose(outputs(load(FILE)[0], X), expected, rtol=1e-5)


@pytest.mark.parametrize("unsafe", [False, True], ids=["safe", "unsafe"])
def test_what_does_harm_is_refused(unsafe: bool, canary: Canary):
    """Whether or not somebody told Keras to build whatever it is given."""
    before = global_state.get_global_attribute("safe_mode_saving")
    if unsafe:
        keras.config.enable_unsafe_deserialization()
    try:
        for make in FIXTURES.values():
            make(canary)
            with canary.quiet(), pytest.raises(UnsafeError):
                load(FILE)
    finally:
        global_state.set_global_attribute("safe_mode_saving", before)


@pytest.mark.any_backend
def test_without_us_it_does_harm(canary: Canary):
    """Else the test above would show nothing."""
    FIXTURES["2024-3660 lambda"](canary)
    assert not Path(TOUCHED).exists()
    with pytest.raises(AssertionError, match="open"), canary.quiet():
        keras.saving.load_model(FILE, safe_mode=False)(X)
    assert Path(TOUCHED).exists()


def test_the_command_refuses_it(canary: Canary):
    run = rundir.RunDir(Path("run"))
    shutil.copytree(OLD_RUN, run.path)
    FIXTURES["2025-8747/9906 get_file"](canary)
    FILE.rename(run.model_file)
    done = kerasdl("evaluate", str(run.path), "--backend", BACKEND)
    assert_fails(done, 7, "which is not allowed in a model file")


@pytest.mark.any_backend
def test_what_it_was_compiled_with_is_not_called(canary: Canary):
    system = {"class_name": "compile", "config": [function("system", "os")]}
    write_model(functional(dense()) | {"compile_config": system})
    assert not load(FILE)[0].compiled


def wide(units: int) -> dict[str, Any]:
    return functional(dense(name="wide", units=units), dense())


def backwards(count: int) -> dict[str, Any]:
    """Describe a model whose layers are listed from the last to the first."""
    names = [f"layer_{index}" for index in range(count)]
    parts = [layer("Activation", name=name, activation="relu") for name in names]
    described = functional(*parts, dense())
    chain = described["config"]["layers"]
    chain[1:] = chain[:0:-1]
    return described


ATTENDING: dict[str, Callable[[Any], Any]] = {
    "Attention": lambda x: layers.Attention()([x, x]),
    "AdditiveAttention": lambda x: layers.AdditiveAttention()([x, x]),
    "MultiHeadAttention": lambda x: layers.MultiHeadAttention(2, 2)(x, value=x),
    "GroupQueryAttention": lambda x: layers.GroupQueryAttention(2, 2, 1)(x, x),
    "ours": lambda x: MultiHeadAttention(2)(x),
    "a block of ours": lambda x: TransformerBlock(2, 8)(x),
    "one inside of another": lambda x: layers.TimeDistributed(TransformerBlock(2, 8))(
        layers.Reshape((1, *x.shape[1:]))(x)
    ),
    "inside of a model": lambda x: keras.Sequential(
        [keras.Input(x.shape[1:]), TransformerBlock(2, 8)]
    )(x),
}


HOSTILE = {
    "2**23 units": wide(2**23),
    "2**27 units": wide(2**27),
    "2**40 units": wide(2**40),
    "a large input": functional(layer("RepeatVector", n=2**40), dense()),
    "a large picture": functional(
        layer("Reshape", target_shape=[2, 2, 1]),
        layer("UpSampling2D", size=[2**20, 2**20]),
        layer("GlobalMaxPooling2D"),
        dense(),
    ),
    "layers in no order": backwards(2000),
}
DAMAGED = {
    "more units": wide(2**10),
    "fewer units": functional(dense(units=2)),
    "another layer more": functional(dense(name="more"), dense()),
    "another layer": functional(layer("LayerNormalization")),
    "no shape": layer("Sequential", "keras", layers=[dense()]),
    "no such argument": functional(dense(size=3)),
    "a circle": functional(dense()),
}
DAMAGED["a circle"]["config"]["layers"][1]["inbound_nodes"][0]["args"] = [
    tensor("outputs", 1)
]


@pytest.mark.any_backend
@pytest.mark.parametrize("config", HOSTILE.values(), ids=HOSTILE)
def test_more_than_the_file_accounts_for(config: dict[str, Any]):
    write_model(config)
    with pytest.raises(UnsafeError):
        load(FILE)
    assert_reloads(sequential(), X)  # nothing is left of the limits


@pytest.mark.any_backend
@pytest.mark.parametrize("attend", ATTENDING.values(), ids=ATTENDING)
def test_attention_over_a_long_input(attend: Callable[[Any], Any]):
    """What it computes is the square of what it takes and gives."""
    x = keras.Input((4,))
    for length in (10, 9000):
        y = attend(layers.RepeatVector(length)(x))
        keras.Model(x, layers.Flatten()(y)).save(FILE)
        if length == 10:
            assert load(FILE)[1].largest >= length**2
    with pytest.raises(UnsafeError, match=r"a tensor of shape \(\d, 9000, 9000\)"):
        load(FILE)


@pytest.mark.any_backend
@pytest.mark.parametrize("config", DAMAGED.values(), ids=DAMAGED)
def test_what_does_not_fit_its_weights(config: dict[str, Any]):
    write_model(config)
    with pytest.raises(ModelFileError, match=r"model\.keras"):
        load(FILE)


@pytest.mark.any_backend
def test_a_layer_is_no_model():
    write_model(dense() | {"build_config": {"input_shape": [None, 4]}})
    with pytest.raises(ModelFileError, match="it is not a model"):
        load(FILE)


@pytest.mark.any_backend
def test_far_more_weights_than_the_model(monkeypatch: pytest.MonkeyPatch):
    more = weights(lambda file: file.__setitem__("x", np.ones(2000, "f4")))
    write_model(arrays=more)
    with pytest.raises(ModelFileError, match="holds 2,015 weights, its model has 15"):
        load(FILE)
    monkeypatch.setattr(untrusted, "MAX_EXPANDED", 1000)
    with pytest.raises(UnsafeError, match="holds 2,015 weights, its model has 15"):
        load(FILE)


@pytest.mark.any_backend
@pytest.mark.parametrize(
    "content", [weights()[:-100], b"", weights(lambda f: f.clear())]
)
def test_weights_that_are_missing(content: bytes):
    write_model(arrays=content)
    with pytest.raises(ModelFileError, match=r"model\.keras"):
        load(FILE)
