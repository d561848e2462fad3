"""Weights are frozen in one stage and trained in the next; each can be resumed."""

from pathlib import Path
from typing import Any

import keras
import pytest
from keras import layers

from kerasdl import accelerate
from kerasdl.callbacks import Checkpoint
from kerasdl.checkpoint import files
from kerasdl.errors import ModelFileError
from tests.callbacks.helpers import Kill, KilledError, assert_equal, compiled, fit
from tests.variants import variants

pytestmark = pytest.mark.filterwarnings("ignore:the optimizer starts fresh")


def two_layers() -> keras.Model:
    inputs = keras.Input((8, 8))
    x = layers.Dense(6, "relu", name="backbone")(layers.Flatten()(inputs))
    return keras.Model(inputs, layers.Dense(10, name="head")(x))


def fine_tuned(folder: Path, kills: dict[int, Kill], fused: bool) -> keras.Model:
    """Train the head, then everything; the script begins anew after each kill."""
    model = compiled(two_layers)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    for stage, epochs in ((1, 2), (2, 5)):
        model.get_layer("backbone").trainable = stage == 2
        model.compile(keras.optimizers.Adam(0.01), loss, metrics=["accuracy"])
        if fused:
            accelerate(model, steps_per_execution=1)
        keras.utils.set_random_seed(stage)
        checkpoint = Checkpoint(folder, every_steps=2, every_epochs=0)
        kill = [kills[stage]] if stage in kills else []
        fit(model, checkpoint, *kill, epochs=epochs, shuffle=False)
    return model


@pytest.mark.variant
@pytest.mark.parametrize("fused", [True, *variants(False)])
def test_a_script_killed_in_each_stage(tmp_path: Path, fused: bool):
    straight = fine_tuned(tmp_path / "straight", {}, fused)
    for kills in ({1: Kill(steps=9)}, {2: Kill(steps=11)}):
        with pytest.raises(KilledError):
            fine_tuned(tmp_path / "killed", kills, fused)
    assert_equal(fine_tuned(tmp_path / "killed", {}, fused), straight)


def saved(folder: Path, trained: str) -> keras.Model:
    model = compiled(two_layers, keras.optimizers.Adam)
    for layer in model.layers:
        layer.trainable = layer.name in trained.split()
    model.compile(keras.optimizers.Adam(0.01), model.loss)
    fit(model, Checkpoint(folder), epochs=1, shuffle=False)
    return model


@pytest.mark.any_backend
def test_only_weights_that_are_trained_have_slots(tmp_path: Path):
    saved(tmp_path, "head")
    newest = files.read_newest(tmp_path, pytest.fail)
    assert newest is not None
    slots = [name for name in newest.arrays if name.startswith("optimizer/")]
    assert any("head_kernel" in name for name in slots)
    assert not any("backbone" in name for name in slots)


@pytest.mark.any_backend
def test_what_starts_fresh_is_said(tmp_path: Path):
    saved(tmp_path, "head")
    model, lines = compiled(two_layers, keras.optimizers.Adam), []
    fit(model, Checkpoint(tmp_path, report=lines.append), shuffle=False)
    assert lines == ["the optimizer starts fresh for 2 weights that were frozen"]


@pytest.mark.any_backend
def test_a_checkpoint_that_lost_one_slot_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    saved(tmp_path, "head backbone")
    read = files.read_newest

    def without_one(*args: Any) -> Any:
        snapshot = read(*args)
        assert snapshot is not None
        name = next(n for n in snapshot.arrays if n.endswith("head_kernel_velocity"))
        del snapshot.arrays[name]
        return snapshot

    monkeypatch.setattr(files, "read_newest", without_one)
    with pytest.raises(ModelFileError, match="has no optimizer/head_kernel_velocity"):
        fit(compiled(two_layers, keras.optimizers.Adam), Checkpoint(tmp_path))
