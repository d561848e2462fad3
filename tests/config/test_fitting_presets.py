"""A preset for other data names those that fit."""

from pathlib import Path

import pytest

from kerasdl import config as configs
from kerasdl.config import presets
from kerasdl.errors import InvalidConfigError

TABLE = ("data.name=t.csv", "data.target=y")
IMAGES = {"cnn", "plain-cnn", "resnet18", "vit-tiny", "conv-autoencoder"}
SEQUENCES = {"lstm", "gru", "lstm-attention"}
TEXTS = {"bert-tiny", "gpt-tiny"}


def fault(preset: str, *texts: str) -> str:
    with pytest.raises(InvalidConfigError) as caught:
        configs.load(preset, settings=texts)
    [line] = caught.value.lines()
    return line


@pytest.mark.parametrize(
    ("preset", "reads"),
    [
        *((name, "images") for name in sorted(IMAGES - {"conv-autoencoder"})),
        *((name, "sequences") for name in sorted(SEQUENCES)),
    ],
)
def test_a_table_for_images_or_sequences(preset: str, reads: str):
    line = fault(preset, *TABLE)
    assert f"reads {reads}, and data.kind 'table' has rows of numbers — " in line
    assert "a --preset that fits: realmlp, " in line
    named = line.partition("a --preset that fits: ")[2].split(", ")
    assert {"mlp", "mlp-regression"} <= {*named}
    assert not {*named} & (IMAGES | SEQUENCES | TEXTS | {"autoencoder"})


def test_a_table_for_texts():
    line = fault("bert-tiny", *TABLE, "data.kind=table")
    assert "reads tokens, and data.kind 'table' has numbers — " in line
    assert "a --preset that fits: realmlp, " in line


def test_a_table_for_a_model_of_images_without_targets():
    line = fault("conv-autoencoder", "data.name=t.csv")
    assert line.endswith("a --preset that fits: autoencoder")


def test_texts_for_a_table():
    line = fault("mlp-tabular", "data.name=python-docstrings")
    named = line.partition("a --preset that fits: ")[2].split(", ")
    assert {*named} >= TEXTS
    assert not {*named} & (IMAGES | {"mlp"})


def test_presets_that_fit_can_be_loaded_with_a_table():
    named = fault("cnn", *TABLE).partition("a --preset that fits: ")[2].split(", ")
    for name in named:
        if name != "mlp-regression":  # the user, or the target, says which task
            configs.load(name, settings=(*TABLE, "data.task=classification"))


def test_a_broken_preset_of_the_users_is_left_out():
    Path("presets").mkdir()
    Path("presets/broken.toml").write_text("[model")
    Path("presets/odd.toml").write_text('[model]\nname = "unknown"')
    Path("presets/mine.toml").write_text('extends = "mlp"')
    assert {"broken", "odd", "mine"} <= {*presets.names()}
    named = fault("cnn", *TABLE).partition("a --preset that fits: ")[2].split(", ")
    assert "mine" in named
    assert not {"broken", "odd"} & {*named}
