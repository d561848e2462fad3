"""Checkpoints on disk: written, pruned, cut off, bent and mixed up."""

import itertools
import json
import random
import shutil
from pathlib import Path

import ml_dtypes  # Keras needs it
import numpy as np
import pytest

from kerasdl import manifest, untrusted
from kerasdl.checkpoint import files
from kerasdl.checkpoint.snapshot import Snapshot
from kerasdl.errors import ModelFileError
from tests.checkpoint.snapshots import assert_same, snapshot


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "checkpoints"


def test_what_is_written_is_read(folder: Path):
    kinds = ("bool", "uint8", "int32", "int64", "uint32", "float16", "float32")
    arrays = {kind: np.ones((2, 3), kind) for kind in (*kinds, "float64")}
    arrays["turned"] = np.arange(6.0).reshape(2, 3).T
    arrays |= {"scalar": np.array(3.5), "none": np.zeros((0, 2)), "ü/#1": np.ones(1)}
    given = Snapshot(7, arrays, {"nan": [1.5, None, "ü"]})
    assert files.write(folder, given) == folder / "step-00000007"
    assert_same(files.read(folder / "step-00000007"), given)


def test_what_could_not_be_read_is_not_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(untrusted, "MAX_JSON_VALUES", 10)
    with pytest.raises(ValueError, match="more than 10 values: return NumPy"):
        files.write(folder, Snapshot(1, {}, {"seen": list(range(20))}))
    assert files.all_paths(folder) == []


def test_bfloat16_is_kept_as_float32(folder: Path):
    array = np.array([1.5, -3.0], ml_dtypes.bfloat16)
    files.write(folder, Snapshot(1, {"best": array}))
    found = files.read(folder / "step-00000001").arrays["best"]
    assert found.dtype == "float32"
    np.testing.assert_array_equal(found, [1.5, -3.0])


def test_the_newest_is_the_one_of_most_steps(folder: Path):
    for step in (10, 9, 100_000_001):
        files.write(folder, snapshot(step))
    (folder / "best.json").touch()
    (folder / "step-x").mkdir()
    (folder / ".tmp-1-step-99999999").mkdir()
    assert [p.name for p in files.all_paths(folder)] == [
        "step-00000009",
        "step-00000010",
        "step-100000001",
    ]
    assert_same(files.read_newest(folder, pytest.fail), snapshot(100_000_001))


def test_without_any_there_is_none(folder: Path):
    assert files.read_newest(folder, pytest.fail) is None


def test_a_step_may_be_written_again(folder: Path):
    files.write(folder, snapshot(3))
    (folder / "step-00000003" / "state.json").write_text("{}")
    files.write(folder, snapshot(3))
    assert_same(files.read_newest(folder, pytest.fail), snapshot(3))


def test_pruning_keeps_the_newest_and_the_best(folder: Path):
    for step in range(1, 7):
        files.write(folder, snapshot(step))
    files.prune(folder, newest=6, keep=2, best=3)
    assert [int(p.name[-1]) for p in files.all_paths(folder)] == [3, 5, 6]


def test_nothing_is_pruned_for_a_damaged_one(folder: Path):
    for step in range(1, 4):
        files.write(folder, snapshot(step))
    (folder / "step-00000003" / files.ARRAYS).write_bytes(b"")
    with pytest.raises(ModelFileError, match="step-00000003 is damaged"):
        files.prune(folder, newest=3, keep=2)
    assert len(files.all_paths(folder)) == 3


def refuses(folder: Path, words: str = "") -> None:
    """The newest is passed over, aloud, for the one before."""
    lines: list[str] = []
    assert_same(files.read_newest(folder, lines.append), snapshot(1))
    assert len(lines) == 1
    assert "step-00000002 is damaged" in lines[0]
    assert words in lines[0]


@pytest.fixture
def two(folder: Path) -> Path:
    for step in (1, 2):
        files.write(folder, snapshot(step))
    return folder


ALL = (files.ARRAYS, files.DETAILS, manifest.NAME)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("tenth", range(10))
def test_a_file_cut_off(two: Path, name: str, tenth: int):
    path = two / "step-00000002" / name
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * tenth // 10])
    refuses(two)


@pytest.mark.parametrize("name", ALL)
def test_a_file_with_something_behind_it(two: Path, name: str):
    path = two / "step-00000002" / name
    path.write_bytes(path.read_bytes() + b"\n")
    refuses(two)


@pytest.mark.parametrize("name", ALL)
def test_a_missing_file(two: Path, name: str):
    (two / "step-00000002" / name).unlink()
    refuses(two)


def test_a_file_that_cannot_be_read(two: Path):
    path = two / "step-00000002" / manifest.NAME
    path.unlink()
    path.mkdir()
    lines: list[str] = []
    found = files.read_newest(two, lines.append)
    assert found is not None
    assert found.step == 1
    assert "cannot be read" in lines[0]


@pytest.mark.parametrize("names", [[files.ARRAYS], [files.DETAILS], ALL], ids=str)
def test_files_of_another_checkpoint(two: Path, names: list[str]):
    for name in names:
        one, other = (two / f"step-0000000{n}" / name for n in (1, 2))
        shutil.copy(one, other)
    refuses(two)


def test_another_format(two: Path):
    path = two / "step-00000002" / manifest.NAME
    described = json.loads(path.read_text())
    path.write_bytes(manifest.to_bytes(described | {"format": 99}))
    refuses(two, "format 99")


def test_a_thousand_flipped_bits(two: Path):
    chosen = random.Random(0)
    contents = {p: p.read_bytes() for p in (two / "step-00000002").iterdir()}
    for path, _ in itertools.product(contents, range(334)):
        bent = bytearray(contents[path])
        bent[chosen.randrange(len(bent))] ^= 1 << chosen.randrange(8)
        path.write_bytes(bent)
        refuses(two)
        path.write_bytes(contents[path])


def test_none_left(two: Path):
    for path in two.glob("step-*"):
        (path / files.DETAILS).write_bytes(b"{}")
    with pytest.raises(ModelFileError, match="none of the 2 checkpoints") as caught:
        files.read_newest(two, lambda _: None)
    assert caught.value.exit_code == 4
