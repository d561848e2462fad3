"""The backends side by side, each in a process of its own."""

import json
import re
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from kerasdl.backend import installed
from kerasdl.config import load
from kerasdl.config.presets import names
from kerasdl.diagnostics.parity import STAGES
from tests.cli.helpers import assert_fails, kerasdl

FIRST, SECOND, *_ = installed()

IN_A_WORKER = f"""
import os, sys
if sys.orig_argv[-2:-1] == ["{SECOND}"]:
"""
"""The beginning of a `sitecustomize` that is for one of the two workers alone."""

OFF_BY_A_THOUSANDTH = f"""
    os.environ["KERAS_BACKEND"] = "{SECOND}"
    from keras.layers import Activation
    call = Activation.call

    def changed(self, inputs):
        return call(self, inputs) * (1.001 if self.name == "relu_1" else 1)

    Activation.call = changed
"""

OFF_IN_FLOAT32 = f"""
    os.environ["KERAS_BACKEND"] = "{SECOND}"
    import keras
    from kerasdl.jobs.parity_gradients import GradientRecorder
    apply = GradientRecorder.apply

    def changed(self, grads, trainable_variables=None):
        share = 1.01 if keras.config.floatx() == "float32" else 1
        *others, last = grads
        apply(self, [*others, last * share], trainable_variables)

    GradientRecorder.apply = changed
"""

TWO = ("--backends", f"{FIRST},{SECOND}")
SMALL_MLP = ("--preset", "mlp", "--set", "model.hidden_units=[8]", *TWO)
SMALL_CNN = ("--set", "model.filters=[8,16]", "--set", "training.batch_size=8")
SMALL_CNN = ("--preset", "cnn", *SMALL_CNN, *TWO)


def planted(folder: Path, fault: str, *flags: str) -> CompletedProcess:
    """Compare with a fault in the second backend's worker."""
    (folder / "sitecustomize.py").write_text(IN_A_WORKER + fault)
    return kerasdl("parity", *flags, PYTHONPATH=str(folder))


@pytest.mark.slow
def test_the_mlp_preset():
    done = kerasdl("parity", "--preset", "mlp", *TWO, "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["agree"], result["first_difference"]) == (True, None)
    assert result["backends"] == [FIRST, SECOND]
    assert [found["stage"] for found in result["stages"]] == [*STAGES]
    assert max(found["float64"]["largest_error"] for found in result["stages"]) < 1e-6
    assert not any(found["rounded"] for found in result["stages"])
    # Batch normalisation subtracts these again, so that their true gradient is zero.
    assert set(result["noise"]) == {"dense_1/bias", "dense_2/bias"}
    assert max(result["noise"].values()) < 1e-15
    tensors = {found["stage"]: found["tensors"] for found in result["stages"]}
    assert (tensors["training_outputs"], tensors["gradients"]) == (11, 8)


@pytest.mark.slow
def test_the_cnn_preset_made_small_and_gradients_rounded(tmp_path: Path):
    done = planted(tmp_path, OFF_IN_FLOAT32, *SMALL_CNN)
    assert done.returncode == 0, done.stderr
    _, *lines = done.stdout.splitlines()
    assert lines[-1] == f"{FIRST}, {SECOND} agree"
    assert lines[-2].startswith("rounded: ")
    assert [re.split("  +", line)[:3] for line in lines[:6]] == [
        [stage.replace("_", " "), SECOND, "agrees"] for stage in [*STAGES][:5]
    ] + [["gradients", SECOND, "rounded"]]
    assert lines[5].endswith("  1.0e-02  in head/bias")


@pytest.mark.slow
def test_a_planted_fault_is_named(tmp_path: Path):
    done = planted(tmp_path, OFF_BY_A_THOUSANDTH, *SMALL_MLP, "--json")
    assert_fails(done, 5, f"{SECOND} differs from {FIRST} first in relu_1")
    assert "inference outputs of relu_1, by 1.0e-03 in float32" in done.stderr
    result = json.loads(done.stdout)
    assert not result["agree"]
    assert result["first_difference"]["layer"] == "relu_1"
    differing = {
        found["stage"]: found["float32"]["differing"] for found in result["stages"]
    }
    assert differing["first_batch"] == differing["initial_weights"] == {}
    assert list(differing["inference_outputs"]) == [
        "relu_1",
        "dropout_1",
        "head",
        "mlp",
    ]


def test_a_fault_of_a_worker_is_told_as_such():
    done = kerasdl("parity", "--preset", "cnn", "--set", "data.name=wine")
    assert_fails(done, 2, "'cnn'", "(13,)", "--preset")


def test_a_worker_that_dies(tmp_path: Path):
    dying = '    sys.stderr.write("a long story\\nno luck\\n"); os._exit(3)\n'
    (tmp_path / "sitecustomize.py").write_text(IN_A_WORKER + dying)
    flags = ("--preset", "mlp", "--backends", f"{SECOND},{FIRST}")
    done = kerasdl("parity", *flags, PYTHONPATH=str(tmp_path))
    assert_fails(done, 1, f"the {SECOND} process exited with 3", "no luck")
    assert "story" not in done.stderr
    debugged = kerasdl("parity", *flags, "--debug", PYTHONPATH=str(tmp_path))
    assert "a long story" in debugged.stderr


@pytest.mark.parametrize(
    ("flags", "code", "word"),
    [
        ("data.name=digit", 3, "did you mean digits?"),
        ("precision.policy=mixed_float16", 2, "=float32"),
    ],
)
def test_what_cannot_be_compared(flags, code, word):
    assert_fails(kerasdl("parity", "--preset", "mlp", "--set", flags), code, word)


@pytest.mark.slow
@pytest.mark.parametrize("preset", [n for n in names() if load(n).data.name])
def test_every_preset(preset: str):
    done = kerasdl("parity", "--preset", preset, "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["backends"] == installed()
    rounded = any(found["rounded"] for found in result["stages"])
    # Normalised over few pixels, some ReLU is near its kink: 7e-4 after ten updates of
    # cnn, and the gradients of resnet18.
    assert not rounded or preset in ("cnn", "resnet18")
