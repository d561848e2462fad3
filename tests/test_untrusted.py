"""Files that claim more than they hold, or that are no files."""

import os
import socket
from pathlib import Path

import pytest

from kerasdl import untrusted
from kerasdl.errors import UnsafeError


def test_what_is_no_file(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "socket"))
    for path in (tmp_path / "pipe", Path("/dev/zero"), Path("/dev/null")):
        with pytest.raises(UnsafeError, match="is not a regular file"):
            untrusted.open_file(path)
    for path in (tmp_path / "socket", tmp_path, tmp_path / "missing"):
        with pytest.raises(OSError, match=r"No such device|directory"):
            untrusted.open_file(path)
    listener.close()


def test_holes_are_no_bytes(tmp_path: Path):
    """Two GiB with a piece of data in the middle."""
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.truncate(2**31)
        file.seek(2**30)
        file.write(b"x" * 2**16)
    with pytest.raises(UnsafeError, match="most of which are missing"):
        untrusted.open_file(path)


def test_a_large_file_that_is_there(tmp_path: Path):
    path = tmp_path / "large"
    with path.open("wb") as file:
        for _ in range(2 + untrusted.MAX_EXPANDED // 2**20):
            file.write(os.urandom(2**10) * 2**10)
    with untrusted.open_file(path) as file:
        assert file.tell() == 0
        assert len(file.read()) == path.stat().st_size


def test_more_bytes_than_may_be(tmp_path: Path):
    (tmp_path / "a").write_bytes(b"12345")
    assert untrusted.read_bytes(tmp_path / "a", 5) == b"12345"
    with pytest.raises(UnsafeError, match="is longer than 4 bytes"):
        untrusted.read_bytes(tmp_path / "a", 4)


@pytest.mark.parametrize("content", [b"{", b"", b"\xff"])
def test_what_is_no_json(content: bytes):
    with pytest.raises(ValueError, match=r"line 1|decode"):
        untrusted.parse_json(content, "a")


@pytest.mark.parametrize("content", [b"[" * 10**5, b'{"a":' * 10**5])
def test_json_of_too_many_brackets(content: bytes):
    with pytest.raises(UnsafeError, match="a is nested too deeply"):
        untrusted.parse_json(content, "a")


@pytest.mark.parametrize("value", [b"[],", b"{},", b"1,", b'"",'])
def test_json_of_too_many_values(value: bytes):
    content = b"[" + value * untrusted.MAX_JSON_VALUES + b"1]"
    with pytest.raises(UnsafeError, match="a holds more than"):
        untrusted.parse_json(content, "a")
