"""A folder for each class of texts."""

import dataclasses
from pathlib import Path

import pytest

from kerasdl import config
from kerasdl.data.text_folder import load_folder
from kerasdl.errors import DataError


def test_a_folder_for_each_class(tmp_path: Path):
    for name in ("good/1.txt", "good/2.txt", "bad/1.txt"):
        path = tmp_path / "reviews" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"text of {name}")
    found = load_folder(tmp_path / "reviews", has_classes=True)
    assert found.texts[0] == "text of bad/1.txt"
    assert found.labels == ("bad", "good", "good")
    data = config.load_data(None, None, [f"data.name={tmp_path}/reviews"]).data
    assert (data.kind, data.default_presets(None)[0][0]) == ("text", "bert-tiny")
    (tmp_path / "reviews" / "loose.txt").write_text("a")
    assert len(load_folder(tmp_path / "reviews", has_classes=False).texts) == 4
    with pytest.raises(DataError, match=r"1 text .* the first is loose\.txt"):
        load_folder(tmp_path / "reviews", has_classes=True)


def test_folders_of_parts_stand_around_the_classes(tmp_path: Path):
    for name in ("train/pos/1.txt", "train/neg/2.txt", "test/pos/3.txt", "README.md"):
        path = tmp_path / "reviews" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"text of {name}")
    found = load_folder(tmp_path / "reviews", has_classes=True)
    assert found.labels == ("pos", "neg", "pos")
    assert found.part == ("test", "train", "train")
    kind = config.load_data(None, None, [f"data.name={tmp_path}/reviews"]).data
    kind = dataclasses.replace(kind, validation_fraction=0.0)
    parts = kind.parts(found, stratify=False, seed=0)
    assert parts.train.rows.tolist() == [1, 2]
    assert parts.test.rows.tolist() == [0]
    told = [finding.what for finding in kind.findings(found, parts)]
    assert "README.md, by its suffix" in told[1]


def test_files_that_are_no_text_are_named_all_at_once(tmp_path: Path):
    folder = tmp_path / "reviews" / "good"
    folder.mkdir(parents=True)
    for number in range(25):
        (folder / f"{number}.txt").write_bytes(b"\xff" if number % 2 else b"")
    with pytest.raises(
        DataError, match=r"25 texts of .* read: .* is empty; .*; and 5 more"
    ):
        load_folder(tmp_path / "reviews", has_classes=True)
