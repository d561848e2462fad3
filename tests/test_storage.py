import errno
import json
from pathlib import Path

import pytest

from kerasdl import storage
from kerasdl.errors import StorageError


def write_half(path: Path) -> None:
    with storage.replacing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError("killed")


def test_a_failed_write_leaves_the_old_file(tmp_path: Path):
    path = tmp_path / "file.json"
    storage.write_json(path, {"a": 1})
    with pytest.raises(RuntimeError, match="killed"):
        write_half(path)
    assert json.loads(path.read_text()) == {"a": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_a_reader_never_sees_a_file_change(tmp_path: Path):
    """The name moves to a new file; whoever reads the old one reads it to its end."""
    path = tmp_path / "file"
    storage.write_text(path, "old")
    with path.open() as reader:
        storage.write_text(path, "new")
        assert reader.read() == "old"
    assert path.read_text() == "new"


def test_the_temporary_file_is_a_neighbour_with_the_same_suffix(tmp_path: Path):
    """Only within one file system can it be renamed."""
    with storage.replacing(tmp_path / "model.keras") as temporary:
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".keras"
        temporary.touch()


def test_a_full_disk_is_one_line(tmp_path: Path):
    full = OSError(errno.ENOSPC, "No space left on device")
    with (
        pytest.raises(StorageError, match="free some space") as caught,
        storage.replacing(tmp_path / "x"),
    ):
        raise full
    assert caught.value.exit_code == 6
    assert list(tmp_path.iterdir()) == []


def test_a_missing_place_is_a_storage_fault(tmp_path: Path):
    with pytest.raises(StorageError, match="choose a writable place"):
        storage.write_text(tmp_path / "nowhere" / "x", "text")


def test_lines_append(tmp_path: Path):
    path = tmp_path / "log.jsonl"
    storage.append_json_line(path, {"n": 1})
    storage.append_json_line(path, {"n": "ü"})
    assert [json.loads(line) for line in path.read_text().splitlines()] == [
        {"n": 1},
        {"n": "ü"},
    ]


def test_make_directory_says_whether_it_was_new(tmp_path: Path):
    assert storage.make_directory(tmp_path / "a" / "b")
    assert not storage.make_directory(tmp_path / "a" / "b")
