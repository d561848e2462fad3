import contextlib
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


@pytest.mark.parametrize(
    ("packing", "members"),
    [
        (zipfile.ZIP_DEFLATED, 1),
        (zipfile.ZIP_DEFLATED, 2),
        (zipfile.ZIP_LZMA, 1),
        pytest.param(zipfile.ZIP_LZMA, 2, marks=pytest.mark.slow),
    ],
)
def test_arrays_that_would_fill_the_memory(tmp_path: Path, packing: int, members: int):
    """Each of them alone, or all together."""
    mebibytes = 96 // members
    with zipfile.ZipFile(tmp_path / "a.npz", "w", packing) as archive:
        for name in ("x.npy", "y.npy")[:members]:
            with archive.open(name, "w", force_zip64=True) as member:
                shape = (mebibytes, 2**20)
                header = {"descr": "|u1", "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(member, header)
                for _ in range(mebibytes):
                    member.write(bytes(2**20))
    with pytest.raises(UnsafeError, match=r"a\.npz would expand to 100,663,"):
        load_npz(tmp_path / "a.npz")


def test_a_sparse_file(tmp_path: Path):
    np.savez(tmp_path / "a.npz", x=X, y=Y)
    with (tmp_path / "a.npz").open("r+b") as file:
        file.truncate(2**32)
    with pytest.raises(UnsafeError, match="most of which are missing"):
        load_npz(tmp_path / "a.npz")


@pytest.mark.parametrize(
    "shape", [(2**70,), (2**32, 2**32), (-1,), (2**62, 0, 8), (-4, -8)]
)
def test_shapes_that_overflow(tmp_path: Path, shape: tuple):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        for name in ("x.npy", "y.npy"):
            with archive.open(name, "w") as member:
                header = {"descr": "|u1", "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(member, header)
                member.write(bytes(64))
    with pytest.raises((DataError, UnsafeError), match=r"a\.npz"):
        load_npz(tmp_path / "a.npz")


@pytest.mark.parametrize(
    "packing", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2]
)
def test_damage_within_a_packed_member(tmp_path: Path, packing: int):
    x = np.random.default_rng(0).normal(size=(50, 4))
    with zipfile.ZipFile(tmp_path / "a.npz", "w", packing) as archive:
        for name in ("x", "y"):
            with archive.open(f"{name}.npy", "w") as member:
                np.lib.format.write_array(member, x)
    whole = (tmp_path / "a.npz").read_bytes()
    for seed in range(60):
        draw, bent = np.random.default_rng(seed), bytearray(whole)
        for place in draw.integers(len(bent), size=3):
            bent[place] ^= draw.integers(1, 256)
        (tmp_path / "a.npz").write_bytes(bent)
        with contextlib.suppress(DataError, UnsafeError):
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
    with pytest.raises(DataError, match="Is a directory"):
        load_npz(tmp_path)
    with pytest.raises(UnsafeError, match="is not a regular file"):
        load_npz(tmp_path / "fifo.npz")
