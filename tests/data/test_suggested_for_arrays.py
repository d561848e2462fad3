"""The preset and the task for arrays where the user names none."""

import numpy as np
import pytest

from kerasdl.errors import DataError, InvalidConfigError
from kerasdl.jobs.own_data import Decided, decide

WHOLE = np.arange(40) % 4
ROWS = np.random.default_rng(0).normal(size=(40, 5))
LABELS = np.arange(80).reshape(40, 2) % 2


def decided(
    x: np.ndarray, y: np.ndarray, preset: str | None = None, *settings: str
) -> Decided:
    np.savez("d.npz", x=x, y=y)
    return decide(preset, None, ["data.name=d.npz", *settings])


@pytest.mark.parametrize(
    ("shape", "preset"),
    [
        ((5,), "tabm"),
        ((101,), "realmlp"),
        ((8, 8), "cnn"),
        ((8, 8, 3), "cnn"),
        ((4, 8, 8, 3), None),
    ],
)
def test_the_shape_of_inputs_decides_the_preset(shape: tuple, preset: str | None):
    assert decided(np.zeros((40, *shape)), WHOLE).preset == preset


def test_many_rows_get_the_quicker_preset():
    many = decided(np.zeros((10_001, 5)), np.arange(10_001) % 2)
    assert many.preset == "realmlp"
    assert many.notes[0] == "preset realmlp, the default for arrays of rows"


@pytest.mark.parametrize(
    ("y", "task"),
    [
        (WHOLE, "classification"),
        (WHOLE.astype("float32"), "classification"),
        (np.arange(40), "classification"),
        (WHOLE + 0.5, "regression"),
        (np.arange(40.0), "regression"),
        (LABELS, "multi-label"),
        (LABELS + 0.5, "regression"),
    ],
)
@pytest.mark.parametrize("preset", [None, "mlp-tabular"])
def test_targets_decide_the_task(y: np.ndarray, task: str, preset: str | None):
    inferred = decided(ROWS, y, preset).inferred
    assert [setting.value for setting in inferred] == [task] * (
        task != "classification"
    )


@pytest.mark.parametrize("preset", ["mlp-regression", "autoencoder"])
@pytest.mark.parametrize("y", [WHOLE, LABELS])
def test_the_task_of_a_preset_is_kept_if_it_fits(preset: str, y: np.ndarray):
    assert not decided(ROWS, y, preset).inferred


def test_what_the_user_sets_is_kept():
    stated = decided(ROWS, WHOLE, None, "data.task=regression")
    assert not stated.inferred
    with pytest.raises(InvalidConfigError):
        decide(None, None, ["data.name=d.npz", "data.sizee=1"])
    with pytest.raises(DataError, match=r"no\.npz"):
        decide(None, None, ["data.name=no.npz"])
