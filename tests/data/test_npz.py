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
    with pytest.raises(DataError, match="No such file"):
        load_npz(tmp_path / "none.npz")
    with pytest.raises(DataError, match="directory"):
        load_npz(tmp_path)
