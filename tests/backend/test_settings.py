"""Whatever a machine or a script sets Keras to, a run computes the same."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import pytest

from kerasdl.backend import settings
from kerasdl.errors import BackendError
from kerasdl.jobs.evaluate import evaluate
from kerasdl.jobs.replay import replay
from kerasdl.jobs.resume import resume
from kerasdl.jobs.train import train
from kerasdl.rundir import RunDir
from tests.jobs.helpers import SELECTION, config

SELECT = f"""
import json
from kerasdl.backend import select
from kerasdl.errors import BackendError
try:
    overruled = select({keras.config.backend()!r}).overruled
except BackendError as fault:
    print(json.dumps(str(fault)))
else:
    import keras
    names = {[*settings.SETTINGS, "is_nnx_enabled"]}
    values = {{name: getattr(keras.config, name)() for name in names}}
    loss = keras.losses.MeanSquaredError().dtype
    dense = keras.layers.Dense(2)
    dense.build((None, 3))
    print(json.dumps([values, loss, dense.kernel.dtype, overruled]))
"""
FAULTS = [
    ("floatx", "float64"),
    ("floatx", "float16"),
    ("epsilon", 1e-3),
    ("image_data_format", "channels_first"),
    ("max_epochs", 1),
    ("max_steps_per_epoch", 2),
]


def selected(content: str, **variables: str) -> Any:
    """Return what a new process has after `select`, with a `keras.json`."""
    Path("home").mkdir()
    Path("home/keras.json").write_text(content)
    done = subprocess.run(
        [sys.executable, "-c", SELECT],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"KERAS_HOME": str(Path("home").resolve())} | variables,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
@pytest.mark.variant
def test_settings_of_the_machine_are_overruled():
    given = {
        "floatx": "float64",
        "epsilon": 1e-3,
        "image_data_format": "channels_first",
        "backend": "jax",
        "nnx_enabled": True,
    }
    values, loss, kernel, overruled = selected(
        json.dumps(given), KERAS_MAX_EPOCHS="no number", KERAS_MAX_STEPS_PER_EPOCH="1"
    )
    assert values == settings.SETTINGS | {"is_nnx_enabled": False}
    assert loss == kernel == "float32"
    for start in (
        "KERAS_MAX_EPOCHS=no number is ignored",
        "KERAS_MAX_STEPS_PER_EPOCH=1 is ignored",
        "floatx=float64 in /",
        "epsilon=0.001 in /",
        "image_data_format=channels_first in /",
        "nnx_enabled=True in /",
    ):
        assert sum(line.startswith(start) for line in overruled) == 1, start
    assert len(overruled) == 6


@pytest.mark.slow
def test_what_keras_writes_itself_says_nothing():
    given = {"floatx": "float32", "epsilon": 1e-07, "backend": "tensorflow"}
    content = json.dumps(given | {"image_data_format": "channels_last"})
    values, _, _, overruled = selected(content, KERAS_NNX_ENABLED="false")
    assert values == settings.SETTINGS | {"is_nnx_enabled": False}
    assert overruled == []


@pytest.mark.variant
def test_a_file_that_keras_refuses():
    message = selected('{"epsilon": 1}')
    assert message.startswith("Keras cannot be imported: ")
    assert " — fix /" in message
    assert "/home/keras.json or" in message


@pytest.fixture
def set_by_a_script(request, monkeypatch):
    name, value = request.param
    former = getattr(keras.config, name)()
    getattr(keras.config, f"set_{name}")(value)
    yield name
    getattr(keras.config, f"set_{name}")(former)


@pytest.mark.parametrize("set_by_a_script", FAULTS, indirect=True)
def test_settings_of_a_script_are_refused(set_by_a_script: str, tmp_path: Path):
    run = RunDir(tmp_path)
    for job in (
        lambda: train(config("mlp"), SELECTION, stem="mlp"),
        lambda: resume(tmp_path, SELECTION),
        lambda: evaluate(run),
        lambda: replay(run),
        settings.check,
    ):
        with pytest.raises(
            BackendError, match=f"call keras.config.set_{set_by_a_script}"
        ):
            job()
    assert not any(tmp_path.iterdir())
