"""What callbacks remember is kept, or told of, or refused by name."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from kerasdl.callbacks import Checkpoint, NaNGuard
from kerasdl.errors import ModelFileError
from tests.callbacks.helpers import Kill, KilledError, assert_equal, compiled, fit


class Counts(keras.callbacks.Callback):
    count = 0


class Patient(keras.callbacks.EarlyStopping):
    """Knows more than what it is derived from."""


@pytest.mark.any_backend
@pytest.mark.parametrize(
    "callback",
    [
        Counts(),
        keras.callbacks.SwapEMAWeights(),
        keras.callbacks.BackupAndRestore("elsewhere"),
        keras.callbacks.LearningRateScheduler(lambda epoch: 0.1),
    ],
    ids=lambda callback: type(callback).__name__,
)
def test_state_that_cannot_be_kept_is_refused(tmp_path: Path, callback: Any):
    with pytest.raises(ValueError, match=f"{type(callback).__name__} cannot be saved"):
        Checkpoint(tmp_path, stateful=[callback])


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("callback", "named", "told"),
    [
        (keras.callbacks.ModelCheckpoint("best.keras", "loss"), False, "not in"),
        (keras.callbacks.ModelCheckpoint("best.keras", "loss"), True, ""),
        (keras.callbacks.EarlyStopping("loss"), False, "not in `stateful`"),
        (keras.callbacks.ReduceLROnPlateau("loss"), False, "not in `stateful`"),
        (NaNGuard(print), False, "not in `stateful`"),
        (NaNGuard(print), True, ""),
        (Patient("loss"), True, "only the EarlyStopping state"),
        (keras.callbacks.TerminateOnNaN(), False, ""),
        (Counts(), False, ""),
    ],
    ids=lambda value: type(value).__name__,
)
def test_state_that_is_lost_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    callback: Any,
    named: bool,
    told: str,
):
    monkeypatch.chdir(tmp_path)
    lines: list[str] = []
    stateful = [callback] if named else []
    given = {"monitor": "loss", "report": lines.append, "stateful": stateful}
    fit(compiled(), callback, Checkpoint(tmp_path / "kept", **given), epochs=1)
    assert [told in line for line in lines] == [True] * bool(told)


def averaging() -> keras.optimizers.Optimizer:
    return keras.optimizers.Adam(0.05, use_ema=True, ema_momentum=0.9)


@pytest.mark.variant
def test_averages_are_never_saved_as_weights(tmp_path: Path):
    """Behind `Checkpoint`, weights are swapped when they are saved."""
    swap = keras.callbacks.SwapEMAWeights(swap_on_epoch=True)
    with pytest.raises(ValueError, match=r"put SwapEMAWeights after Checkpoint"):
        fit(compiled(optimizer=averaging), swap, Checkpoint(tmp_path / "a"))

    def run(folder: str, *more: Any) -> keras.Model:
        model = compiled(optimizer=averaging)
        swap = keras.callbacks.SwapEMAWeights(swap_on_epoch=True)
        checkpoint = Checkpoint(tmp_path / folder, every_epochs=1)
        np.random.seed(0)
        fit(model, checkpoint, swap, *more)
        return model

    straight = run("straight")
    with pytest.raises(KilledError):
        run("killed", Kill(epochs=2))
    assert_equal(run("killed"), straight)


@pytest.mark.any_backend
def test_a_callback_may_be_added_and_none_removed(tmp_path: Path):
    """State goes by name, in whatever order the callbacks stand."""

    def plateau() -> keras.callbacks.Callback:
        return keras.callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=9)

    first = [keras.callbacks.EarlyStopping("loss", patience=p) for p in (5, 7)]
    checkpoint = Checkpoint(tmp_path, every_epochs=1, stateful=first)
    with pytest.raises(KilledError):
        fit(compiled(), *first, checkpoint, Kill(epochs=2))
    lines: list[str] = []
    more = [
        plateau(),
        *(keras.callbacks.EarlyStopping("loss", patience=p) for p in (5, 7)),
    ]
    checkpoint = Checkpoint(tmp_path, stateful=more, report=lines.append)
    fit(compiled(), *more, checkpoint)
    told = "ReduceLROnPlateau starts fresh: the checkpoint has no state of it"
    assert lines == [told]
    assert [callback.best_epoch for callback in more[1:]] == [2, 2]
    one = [keras.callbacks.EarlyStopping("loss", patience=5)]
    checkpoint = Checkpoint(tmp_path, stateful=one, report=lines.append)
    match = "`stateful` lacks EarlyStopping#1, ReduceLROnPlateau"
    with pytest.raises(ModelFileError, match=match):
        fit(compiled(), *one, checkpoint)
