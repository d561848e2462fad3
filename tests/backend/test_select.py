import os
import sys
from importlib.machinery import PathFinder

import keras
import pytest

from kerasdl import backend
from kerasdl.backend import BACKENDS, choose, installed, select
from kerasdl.errors import BackendError

RUNNING = keras.config.backend()


@pytest.fixture
def no_variable(monkeypatch):
    monkeypatch.delenv("KERAS_BACKEND")


def test_the_flag_wins_and_says_so(monkeypatch):
    other = "jax" if RUNNING != "jax" else "torch"
    monkeypatch.setenv("KERAS_BACKEND", other)
    selection = choose(RUNNING)
    assert selection.name == RUNNING
    assert selection.reason == f"--backend overrules KERAS_BACKEND={other}"


def test_then_the_variable(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", RUNNING)
    assert choose() == backend.Selection(RUNNING, "KERAS_BACKEND")
    assert choose(RUNNING).reason == "--backend"


def test_then_the_first_installed(no_variable):
    assert choose() == backend.Selection(installed()[0], "first installed")
    assert [name for name in BACKENDS if name in installed()] == installed()


def test_unknown_and_missing(no_variable, monkeypatch):
    with pytest.raises(BackendError, match="choose from jax, torch, tensorflow"):
        choose("numpy")
    monkeypatch.setattr(PathFinder, "find_spec", lambda name: None)
    with pytest.raises(BackendError, match=r'pip install "kerasdl\[jax\]"') as caught:
        choose("jax")
    assert caught.value.exit_code == 5
    with pytest.raises(BackendError, match="no backend is installed"):
        choose()


def test_a_running_backend_cannot_change(monkeypatch):
    assert select(RUNNING).name == RUNNING
    if others := [name for name in installed() if name != RUNNING]:
        monkeypatch.setenv("KERAS_BACKEND", RUNNING)
        with pytest.raises(BackendError, match=f"Keras already runs on {RUNNING}"):
            select(others[0])
        assert os.environ["KERAS_BACKEND"] == RUNNING


def test_tensorflow_stays_out_of_other_backends():
    assert bool(sys.modules.get("tensorflow")) == (RUNNING == "tensorflow")


def test_what_a_backend_offers():
    current = backend.current()
    assert current.devices()
    memory = current.peak_device_memory_bytes()
    assert memory is None or memory >= 0
