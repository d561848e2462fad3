"""A folder for each class of texts."""

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
    with pytest.raises(DataError, match=r"1 texts .* the first is loose\.txt"):
        load_folder(tmp_path / "reviews", has_classes=True)


def test_files_that_are_no_text_are_named_all_at_once(tmp_path: Path):
    folder = tmp_path / "reviews" / "good"
    folder.mkdir(parents=True)
    for number in range(25):
        (folder / f"{number}.txt").write_bytes(b"\xff" if number % 2 else b"")
    with pytest.raises(DataError, match=r"25 texts: .* is empty; .*; and 5 more"):
        load_folder(tmp_path / "reviews", has_classes=True)
