"""Arrays that are left in their file, and encoded when they are taken."""

import os
import random
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from kerasdl.data import ArrayExamples, examples
from kerasdl.data.arrays import Arrays
from kerasdl.data.npy_files import load_npy
from kerasdl.data.npz import load_npz
from kerasdl.data.standardise import mean_and_scale, mean_and_scale_of_rows
from kerasdl.data.streamed import StreamedExamples
from kerasdl.errors import DataError, KerasDLError, UnsafeError
from kerasdl.jobs.dataset import prepare
from tests.data.helpers import config
from tests.mutations import bent
from tests.time_limit import limited

RNG = np.random.default_rng(0)
X, Y = RNG.normal(3, 2, (60, 4, 4)).astype("float32"), np.arange(60) % 3


@pytest.fixture(autouse=True)
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examples, "RESIDENT_BYTES", 1_000)


def is_mapped(array: np.ndarray) -> bool:
    while isinstance(array.base, np.ndarray):
        array = array.base
    return isinstance(array, np.memmap)


@pytest.mark.parametrize("preset", ["mlp", "autoencoder"])
def test_batches_are_bit_for_bit_those_of_data_in_memory(
    preset: str, monkeypatch: pytest.MonkeyPatch
):
    np.savez("a.npz", x=X, y=Y)
    chosen = config(preset, "data.name=a.npz")
    large = prepare(chosen.data.read(), chosen)
    monkeypatch.setattr(examples, "RESIDENT_BYTES", 1 << 30)
    raw = chosen.data.read()
    assert not is_mapped(raw.x)
    small = prepare(raw, chosen, large.encoding)
    assert small.sha256 == large.sha256
    for part in ("train", "validation", "test"):
        streamed, whole = getattr(large, part), getattr(small, part)
        assert isinstance(streamed, StreamedExamples)
        assert isinstance(whole, ArrayExamples)
        assert streamed.resident() is None
        rows = np.arange(len(whole))[::-2]
        for one, other in zip(streamed.take(rows), whole.take(rows), strict=True):
            assert one.dtype == other.dtype
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("axes", [(0,), (0, 1), (0, 1, 2)])
def test_statistics_by_chunks_are_those_of_all(
    axes: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("kerasdl.data.row_chunks.MAX_ROWS", 7)
    x = X.copy()
    x[:, 1, 1] = 5
    rows = np.arange(1, 60, 2)
    found, expected = (
        mean_and_scale_of_rows(x, rows, axes),
        mean_and_scale(x[rows], axes),
    )
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


@pytest.mark.parametrize("suffix", ["", "_test"])
def test_what_is_wrong_is_told_before_training(suffix: str):
    x, x_test = X.copy(), X[:30].copy()
    arrays = {"x": x, "y": Y, "x_test": x_test, "y_test": Y[:30]}
    arrays[f"x{suffix}"][25, 1, 2] = np.inf
    np.savez("a.npz", **arrays)
    chosen = config("mlp", "data.name=a.npz")
    with pytest.raises(
        DataError, match=rf"x{suffix} is inf at row 25, column \(1, 2\)"
    ):
        prepare(chosen.data.read(), chosen)
    arrays[f"x{suffix}"][25, 1, 2] = 1
    x_test[25, 1, 2] = 1e30
    np.savez("a.npz", **arrays)
    with pytest.raises(DataError, match=r"x_test is 1.* at row 25.* too far from"):
        prepare(chosen.data.read(), chosen)


def test_packed_arrays_and_columns_first_are_read():
    np.savez("plain.npz", x=X, y=Y)
    np.savez_compressed("packed.npz", x=X, y=Y)
    np.savez("columns.npz", x=np.asfortranarray(X), y=Y)
    plain, packed, columns = (load_npz(Path(f"{name}.npz")) for name in (
        "plain", "packed", "columns"
    ))  # fmt: skip
    mapped = [is_mapped(each.x) for each in (plain, packed, columns)]
    assert mapped == [True, False, False]
    assert plain.sha256() == packed.sha256() == columns.sha256()
    assert plain.sha256() == Arrays("", X, Y).sha256()


def test_a_flipped_bit_in_place_is_found():
    x = RNG.normal(size=(60, 40, 40))  # more than is read with the header
    np.savez("a.npz", x=x, y=Y)
    whole = bytearray(Path("a.npz").read_bytes())
    whole[whole.index(x[50].tobytes())] ^= 1
    Path("a.npz").write_bytes(whole)
    with pytest.raises(DataError, match=r"damaged .*Bad CRC-32"):
        load_npz(Path("a.npz"))


@pytest.mark.parametrize("place", ["shape", "length", "extra", "cut"])
def test_a_file_that_lies_about_what_it_holds(place: str):
    np.savez("a.npz", x=X, y=Y)
    whole = bytearray(Path("a.npz").read_bytes())
    if place == "shape":
        start = whole.index(b"(60, 4, 4)")
        whole[start : start + 10] = b"(99, 4, 4)"
    if place == "length":  # of the name in the local header
        whole[26:28] = b"\xff\x00"
    if place == "extra":
        whole[28:30] = b"\xff\xff"
    if place == "cut":
        whole = whole[: len(whole) // 2]
    Path("a.npz").write_bytes(whole)
    with pytest.raises((DataError, UnsafeError), match=r"a\.npz"):
        load_npz(Path("a.npz"))


def test_another_file_before_the_archive():
    np.savez("a.npz", x=X, y=Y)
    Path("b.npz").write_bytes(bytes(1000) + Path("a.npz").read_bytes())
    with zipfile.ZipFile("b.npz") as archive:
        assert archive.testzip() is None
    np.testing.assert_array_equal(load_npz(Path("b.npz")).x, X)


def test_npy_files_beside_each_other():
    np.save("x.npy", X)
    with pytest.raises(DataError, match=r"y\.npy does not exist"):
        load_npy(Path("x.npy"))
    np.save("y.npy", Y)
    raw = load_npy(Path("x.npy"))
    assert is_mapped(raw.x)
    np.testing.assert_array_equal(raw.x, X)
    np.testing.assert_array_equal(raw.y, Y)
    assert raw.own_test_set is None
    np.save("x_test.npy", X[:9])
    with pytest.raises(DataError, match=r"only one of x_test\.npy and y_test\.npy"):
        load_npy(Path("x.npy"))
    np.save("y_test.npy", Y[:9])
    own = load_npy(Path("x.npy")).own_test_set
    assert own is not None
    assert len(own.x) == len(own.y) == 9
    assert len(load_npy(Path("x_test.npy")).x) == 9
    chosen = config("mlp", "data.name=x.npy")
    assert len(prepare(chosen.data.read(), chosen).test) == 9
    np.save("inputs.npy", X)
    with pytest.raises(DataError, match="does not tell where its targets are"):
        load_npy(Path("inputs.npy"))
    assert len(load_npy(Path("inputs.npy"), targets=False).x) == 60


def test_npy_files_of_strangers():
    np.save("x.npy", np.array([{}], object))
    with pytest.raises(UnsafeError, match="pickled objects"):
        load_npy(Path("x.npy"), targets=False)
    np.save("x.npy", X)
    whole = Path("x.npy").read_bytes()
    Path("x.npy").write_bytes(whole[:-1])
    with pytest.raises(DataError, match="Failed to read all data"):
        load_npy(Path("x.npy"), targets=False)
    for content in (b"", b"no array", whole[:40], whole.replace(b"<f4", b"<q9")):
        Path("x.npy").write_bytes(content)
        with pytest.raises((DataError, UnsafeError), match=r"x\.npy"):
            load_npy(Path("x.npy"), targets=False)
    Path("x.npy").unlink()
    os.mkfifo("x.npy")
    with pytest.raises(UnsafeError, match="is not a regular file"):
        load_npy(Path("x.npy"), targets=False)


HEADERS = {
    "a flipped bit of the type": b"{'descr': ',f4', 'fortran_order': False, 'shape': (4,2)}",
    "a type of no part": b"{'descr': (), 'fortran_order': False, 'shape': (4,2)}",
    "a wrong indent": b"if x:\n  a\n b",
    "deep signs": b"-" * 9_000 + b"1",
    "no bytes": b"{'descr': '|V0', 'fortran_order': False, 'shape': (4,2)}",
    "many rows of nothing": b"{'descr': '<f4', 'fortran_order': False, 'shape': (10**15,0)}".replace(b"10**15", b"1" + b"0" * 15),
}  # fmt: skip


@pytest.mark.parametrize("fault", HEADERS)
def test_headers_that_no_array_has(fault: str):
    header = HEADERS[fault] + b"\n"
    content = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(32)
    Path("x.npy").write_bytes(content)
    with zipfile.ZipFile("a.npz", "w") as archive:
        archive.writestr("x.npy", content)
    for name, load in {"x.npy": load_npy, "a.npz": load_npz}.items():
        with pytest.raises((DataError, UnsafeError)) as caught:
            load(Path(name), targets=False)
        assert len(caught.value.lines()) == 1


def test_a_digest_of_dates():
    dates = np.array(["2026-11-27"], "datetime64[D]")
    one, other = Arrays("", X[:1], dates), Arrays("", X[:1], dates + 1)
    assert one.sha256() != other.sha256()


@pytest.mark.parametrize("name", ["a.npz", "x.npy"])
def test_what_becomes_of_files(name: str):
    """300 files that are mapped; each is read, or refused in one line."""
    np.savez("a.npz", x=X, y=Y)
    np.save("x.npy", X)
    np.save("y.npy", Y)
    chosen, content = config("mlp", f"data.name={name}"), Path(name).read_bytes()
    whole = prepare(chosen.data.read(), chosen).train
    read, (expected, _) = 0, whole.take(np.arange(len(whole)))
    for number in range(300):
        draw = random.Random(number)
        Path(name).unlink()  # the former one is still mapped
        Path(name).write_bytes(bent(draw, content) if number % 4 else content)
        try:
            with limited(10):
                dataset = prepare(chosen.data.read(), chosen)
        except KerasDLError as fault:
            assert fault.exit_code in (3, 7), number  # noqa: PT017
            assert len(fault.lines()) == 1  # noqa: PT017
        else:
            read += 1
            x, _ = dataset.train.take(np.arange(len(dataset.train)))
            assert np.isfinite(x).all()
            if number % 4 == 0 or name == "a.npz":  # which has checksums
                np.testing.assert_array_equal(x, expected)
    assert 75 < read < 290
