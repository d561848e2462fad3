import errno
import fcntl
import json
import os
import stat
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


def test_links_are_removed_and_never_followed(tmp_path: Path):
    outside, folder = tmp_path / "outside", tmp_path / "folder"
    outside.mkdir(), folder.mkdir()
    (outside / "precious").write_text("precious")
    (folder / ".tmp-x").symlink_to(outside)
    (folder / "step").symlink_to(outside)
    storage.remove_leftovers(folder)
    storage.remove_directory(folder / "step")
    (folder / "file").symlink_to(outside / "precious")
    storage.remove_file(folder / "file")
    assert list(folder.iterdir()) == []
    assert (outside / "precious").read_text() == "precious"


def test_nothing_is_written_through_a_link(tmp_path: Path):
    (tmp_path / "precious").write_text("precious")
    for name in ("log.jsonl", ".lock"):
        (tmp_path / name).symlink_to(tmp_path / "precious")
    with pytest.raises(StorageError, match="cannot write"):
        storage.append_json_line(tmp_path / "log.jsonl", {"n": 1})
    with pytest.raises(StorageError, match="cannot write"), storage.locked(tmp_path):
        pass
    storage.write_json(tmp_path / "log.jsonl", {"n": 1})  # replaces the link
    assert (tmp_path / "precious").read_text() == "precious"


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_mount_without_locks_is_told(
    tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "lockf", refuse)
    told = rf"cannot lock .*/\.lock: {os.strerror(number)} — choose a place on a local"
    with pytest.raises(StorageError, match=told), storage.locked(tmp_path):
        pass


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP, errno.ENOSYS])
def test_a_mount_that_syncs_no_directories_is_told_once(
    tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch
):
    synced = os.fsync

    def fsync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        synced(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    storage.write_json(tmp_path / "a.json", 1)
    storage.write_directory(tmp_path / "b", {"c": b"d"})
    storage.append_json_line(tmp_path / "e.jsonl", 1)
    assert (tmp_path / "b" / "c").read_bytes() == b"d"
    assert (
        f"{tmp_path} is on a mount that does not sync directories" in storage.unsynced()
    )
    assert storage.unsynced() is None


@pytest.mark.parametrize("kind", [stat.S_ISDIR, stat.S_ISREG])
def test_other_faults_of_syncing_are_not_passed_over(
    tmp_path: Path, kind: object, monkeypatch: pytest.MonkeyPatch
):
    number = errno.EIO if kind is stat.S_ISDIR else errno.EINVAL

    def fsync(descriptor: int) -> None:
        if kind(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(StorageError, match="cannot write"):
        storage.write_json(tmp_path / "a.json", 1)


def test_leftovers_may_be_folders(tmp_path: Path):
    (kept := tmp_path / "kept").mkdir()
    (kept / "file").touch()
    inner = tmp_path / f"{storage.TEMPORARY}1-model.keras" / "model"
    inner.mkdir(parents=True)
    (inner / "config.json").touch()
    (inner / "link").symlink_to(kept)
    storage.remove_leftovers(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert (kept / "file").exists()
