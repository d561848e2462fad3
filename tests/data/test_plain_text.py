import os
from pathlib import Path

import pytest

from kerasdl import untrusted
from kerasdl.data.plain_text import load_txt
from kerasdl.errors import DataError, UnsafeError


def test_the_text_is_as_in_the_file(tmp_path: Path):
    path = tmp_path / "ünïcode -.txt"
    path.write_bytes("Größe\r\n\tzwei\n日本".encode())
    assert load_txt(path).texts == ("Größe\r\n\tzwei\n日本",)
    path.write_bytes(b"\xef\xbb\xbfmarked")
    assert load_txt(path).texts == ("marked",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"one\ntwo\0\n", r"a\.txt has a NUL byte at byte 7 \(line 2\)"),
        ("Grün".encode("utf-16"), r"has a NUL byte at byte 3"),
        (b"one\ntw\xff\n", r"a\.txt is not UTF-8 at byte 6 \(line 2\)"),
        ("Grün".encode("latin-1"), r"not UTF-8 at byte 2 \(line 1\)"),
        ("日".encode()[:2], "not UTF-8 at byte 0"),
        (b"\xed\xa0\x80", "not UTF-8"),
    ],
)
def test_what_is_no_text(tmp_path: Path, content: bytes, message: str):
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(DataError, match=message):
        load_txt(tmp_path / "a.txt")


def test_missing_file_and_folder(tmp_path: Path):
    with pytest.raises(DataError, match=r"none\.txt does not exist"):
        load_txt(tmp_path / "none.txt")
    os.mkfifo(tmp_path / "fifo.txt")
    with pytest.raises(DataError, match="Is a directory"):
        load_txt(tmp_path)
    with pytest.raises(UnsafeError, match="is not a regular file"):
        load_txt(tmp_path / "fifo.txt")


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch):
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "a.txt").touch()
    monkeypatch.setattr(untrusted, "open_file", refuse)
    with pytest.raises(DataError, match=r"cannot read .*a\.txt: Permission denied"):
        load_txt(tmp_path / "a.txt")
