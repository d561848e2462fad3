import subprocess
import sys
import types

import keras
import numpy as np
import pytest

from kerasdl.backend import keras_internals
from kerasdl.backend.fused import accelerate, batch_hooks, rows
from kerasdl.backend.lookup import (
    KerasInternalsWarning,
    Replaceable,
    find_class,
    find_function,
    find_module,
)
from kerasdl.checkpoint import state
from kerasdl.errors import BackendError
from kerasdl.model_file.loading import load
from kerasdl.optimizers import innermost

pytestmark = pytest.mark.any_backend
X, Y = np.ones((8, 3), "float32"), np.zeros((8, 1), "float32")
WITHOUT_A_NAME = """
import warnings, keras, numpy as np
from keras.src.utils import dtype_utils
del dtype_utils.dtype_size
import kerasdl
model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)], name="mine")
model.compile("sgd", "mse")
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    kerasdl.accelerate(model)
print(*[w.message for w in caught if w.category.__name__ == "AccelerationWarning"])
model.fit(np.ones((8, 3)), np.zeros((8, 1)), verbose=0)
print("steps:", int(model.optimizer.iterations.numpy()))
"""


@pytest.fixture
def model() -> keras.Model:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)], name="mine")
    model.compile("sgd", "mse")
    return model


@pytest.fixture
def missing_names(monkeypatch) -> list[str]:
    missing_names: list[str] = []
    monkeypatch.setattr("kerasdl.backend.lookup.missing_names", missing_names)
    monkeypatch.setattr(keras_internals, "missing_names", missing_names)
    return missing_names


def test_this_version_has_every_name(model):
    assert keras_internals.missing_names == []
    assert keras_internals.missing_for_fused_steps(model) is None


@pytest.mark.slow
def test_without_a_name_a_model_trains_with_keras_own_step():
    code = [sys.executable, "-c", WITHOUT_A_NAME]
    done = subprocess.run(code, capture_output=True, text=True, check=True)
    told, stepped = done.stdout.splitlines()
    assert told.startswith("kerasdl: mine trains with Keras's own step: Keras ")
    assert told.endswith("(dtype_size)")
    assert stepped == "steps: 1"


def test_a_model_without_an_attribute_trains_with_keras_own_step(model, monkeypatch):
    monkeypatch.delattr(keras_internals.EpochIterator, "_enumerate_iterator")
    lines: list[str] = []
    accelerate(model, report=lines.append)
    assert not hasattr(model, "fused_trainer")
    (line,) = lines
    assert line.startswith("mine trains with Keras's own step: ")
    assert "_enumerate_iterator" in line


def test_a_backend_whose_names_are_gone_is_not_fused(model, monkeypatch):
    def import_module(path: str) -> None:
        raise ImportError("cannot import name 'torch_adam'")

    monkeypatch.setattr("importlib.import_module", import_module)
    lines: list[str] = []
    accelerate(model, report=lines.append)
    monkeypatch.undo()
    assert "Keras's own step" in lines[0]
    assert "torch_adam" in lines[0]
    model.fit(X, Y, verbose=0)


def test_what_is_missing_is_noted_and_stands_for_nothing(missing_names):
    kind = find_class("keras.src.layers", "NoLayer")
    function = find_function("keras.src.nowhere", "count")
    assert missing_names == ["NoLayer", "keras.src.nowhere", "count"]
    assert not isinstance(keras.layers.Dense(1), kind)
    with pytest.raises(
        BackendError, match=r"has no keras\.src\.nowhere\.count.* keras=="
    ):
        function(1)


def test_another_way_is_taken_instead(missing_names):
    fallback = find_function("keras.src.utils.python_utils", "gone", fallback=len)
    assert fallback is len
    assert missing_names == []


def test_a_function_that_is_gone_is_not_replaced():
    module = find_module("keras.src.utils.file_utils")
    with pytest.raises(BackendError, match=r"file_utils\.fetch"):
        Replaceable(module, "fetch").set(print)
    assert not hasattr(module, "fetch")


@pytest.mark.parametrize("name", ["_flatten_layers", "_seed_generators"])
def test_a_checkpoint_of_unknown_generators_is_refused(model, monkeypatch, name):
    assert state.seeds(model) == []
    if name == "_flatten_layers":
        monkeypatch.delattr(keras.layers.Layer, name)
    else:
        monkeypatch.delattr(model, name)
    with pytest.raises(BackendError, match=rf"has no Sequential\.{name}"):
        state.seeds(model)


@pytest.mark.parametrize("of", ["moving_averages", "trained_variables", "step_count"])
def test_an_optimizer_without_it_is_refused(model, of):
    read = getattr(keras_internals, of)
    optimizer = keras.optimizers.SGD(use_ema=True)
    optimizer.build(model.trainable_variables)
    assert read(innermost(optimizer)) is not None
    with pytest.raises(BackendError, match="has no SimpleNamespace"):
        read(types.SimpleNamespace())


def test_training_does_not_begin_at_another_epoch(model):
    keras_internals.begin_at(model, 2)
    fit = model.fit(X, Y, epochs=3, verbose=0)
    assert fit.epoch == [2]
    keras_internals.begin_at(model, None)
    assert model.fit(X, Y, verbose=0).epoch == [0]
    other = types.SimpleNamespace()
    keras_internals.begin_at(other, None)
    with pytest.raises(BackendError, match="_initial_epoch"):
        keras_internals.begin_at(other, 2)


def test_unseen_batches_are_warned_of():
    with pytest.warns(KerasInternalsWarning, match="_get_iterator: the order"):
        assert not keras_internals.watch_batches(types.SimpleNamespace(), iter)


def test_arrays_that_are_hidden_are_not_put_on_the_device(monkeypatch):
    class Hiding(keras_internals.ArrayDataAdapter):
        def __init__(self, **arguments):
            super().__init__(**arguments)
            del self._partial_batch_size

    monkeypatch.setattr(keras_internals, "ArrayDataAdapter", Hiding)
    with pytest.warns(KerasInternalsWarning, match="_partial_batch_size: arrays go"):
        assert rows.rows_of_arrays(lambda array: array, x=X, y=Y) is None


def test_every_callback_needs_each_batch_if_none_can_be_asked(monkeypatch):
    callback = keras.callbacks.Callback()
    assert batch_hooks.callback_needing_each_batch([callback]) is None
    never = keras_internals._is_never_default
    monkeypatch.setattr(batch_hooks, "is_default", never)
    with pytest.warns(KerasInternalsWarning, match="has no is_default"):
        assert batch_hooks.callback_needing_each_batch([callback]) == "Callback"


def test_a_callback_that_hides_its_model_gives_the_one_it_shows(model):
    callback = keras.callbacks.Callback()
    callback.set_model(model)
    assert keras_internals.unsynced_model(callback) is model
    other = types.SimpleNamespace(model=model)
    with pytest.warns(KerasInternalsWarning, match="_model"):
        assert keras_internals.unsynced_model(other) is model


def test_a_model_file_is_not_read_without_its_bounds(model, tmp_path, monkeypatch):
    model.save(path := tmp_path / "model.keras")
    reading = keras_internals.DESERIALIZE_NODE
    monkeypatch.delattr(reading.owner, reading.name)
    with pytest.raises(BackendError, match=r"functional\.deserialize_node"):
        load(path)
