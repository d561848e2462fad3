import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from kerasdl.data.npz import load_npz
from kerasdl.errors import DataError, UnsafeError

X, Y = np.ones((4, 2)), np.arange(4)


def test_all_four_arrays(tmp_path: Path):
    path = tmp_path / "ünïcode -.npz"
    np.savez(path, x=X, y=Y, x_test=X[:1], y_test=Y[:1], other=X)
    arrays = load_npz(path)
    assert np.array_equal(arrays.x, X)
    assert arrays.y_test is not None
    assert np.array_equal(arrays.y_test, Y[:1])


def test_without_targets_inputs_are_their_own(tmp_path: Path):
    path = tmp_path / "a.npz"
    np.savez(path, x=X, x_test=2 * X)
    arrays = load_npz(path, targets=False)
    assert np.array_equal(arrays.y, X)
    assert arrays.y_test is not None
    assert np.array_equal(arrays.y_test, 2 * X)
    np.savez(path, z=X)
    with pytest.raises(DataError, match=r"holds \['z'\], not x"):
        load_npz(path, targets=False)


def test_members_that_are_no_arrays(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", b"text")
        archive.writestr("y.npy", b"text")
    with pytest.raises(DataError, match="is damaged"):
        load_npz(tmp_path / "a.npz")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": X}, "not both x and y"),
        ({"x_train": X, "y_train": Y}, "x_train"),
        ({"x": X, "y": Y, "x_test": X}, "only one of x_test and y_test"),
    ],
)
def test_missing_arrays(tmp_path: Path, arrays: dict, message: str):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(DataError, match=message):
        load_npz(tmp_path / "a.npz")


def test_pickled_objects_are_refused(tmp_path: Path):
    np.savez(tmp_path / "a.npz", x=np.array([{}], dtype=object), y=Y)
    with pytest.raises(UnsafeError, match="pickled objects"):
        load_npz(tmp_path / "a.npz")


def test_flipped_bytes(tmp_path: Path):
    """The checksums inside a zip file find damage; nothing loads wrong."""
    np.savez_compressed(tmp_path / "a.npz", x=X, y=Y)
    whole = (tmp_path / "a.npz").read_bytes()
    for place in range(0, len(whole), 7):
        flipped = bytearray(whole)
        flipped[place] ^= 0xFF
        (tmp_path / "a.npz").write_bytes(bytes(flipped))
        try:
            arrays = load_npz(tmp_path / "a.npz")
        except (DataError, UnsafeError):
            continue
        assert np.array_equal(arrays.x, X)
        assert np.array_equal(arrays.y, Y)


def test_a_header_that_claims_too_much(tmp_path: Path):
    np.save(tmp_path / "x.npy", X)
    big = (tmp_path / "x.npy").read_bytes().replace(b"(4, 2), }    ", b"(4000, 2), } ")
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", big)
        archive.writestr("y.npy", big)
    with pytest.raises(UnsafeError, match=r"claims the shape \(4000, 2\)"):
        load_npz(tmp_path / "a.npz")


def test_an_array_that_would_fill_the_memory(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("x.npy", "y.npy"):
            with archive.open(name, "w", force_zip64=True) as member:
                header = {"descr": "|u1", "fortran_order": False, "shape": (400, 2**20)}
                np.lib.format.write_array_header_1_0(member, header)
                for _ in range(400):
                    member.write(bytes(2**20))
    with pytest.raises(UnsafeError, match=r"x in .* would grow to 419,430,528 bytes"):
        load_npz(tmp_path / "a.npz")


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 cut short"])
def test_damaged_files(tmp_path: Path, content: bytes):
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises((DataError, UnsafeError), match=r"a\.npz"):
        load_npz(tmp_path / "a.npz")


def test_truncated_files(tmp_path: Path):
    np.savez(tmp_path / "a.npz", x=X, y=Y)
    whole = (tmp_path / "a.npz").read_bytes()
    for tenth in range(10):
        (tmp_path / "a.npz").write_bytes(whole[: len(whole) * tenth // 10])
        with pytest.raises((DataError, UnsafeError)):
            load_npz(tmp_path / "a.npz")


def test_missing_file_and_folder(tmp_path: Path):
    with pytest.raises(DataError, match=r"none\.npz does not exist"):
        load_npz(tmp_path / "none.npz")
    os.mkfifo(tmp_path / "fifo.npz")
    for path in (tmp_path, tmp_path / "fifo.npz"):
        with pytest.raises(DataError, match="is no regular file"):
            load_npz(path)
