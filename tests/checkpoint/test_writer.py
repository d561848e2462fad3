"""Writing beside training."""

from pathlib import Path

import numpy as np
import pytest

from kerasdl import storage
from kerasdl.checkpoint import files
from kerasdl.checkpoint.snapshot import Snapshot
from kerasdl.checkpoint.writer import Writer
from kerasdl.errors import StorageError

STATE = {"weights/kernel": np.arange(1e6)}


def test_the_newest_and_the_best_stay(tmp_path: Path):
    writer = Writer(tmp_path, keep=2)
    for step in (1, 2, 3, 4):
        writer.write([Snapshot(step, STATE)], best={"step": 1})
    writer.wait()
    assert files.all_paths(tmp_path) == [files.path_of(tmp_path, n) for n in (1, 3, 4)]


def test_a_fault_of_the_disk_is_raised_by_whoever_waits(tmp_path: Path):
    (tmp_path / "file").touch()
    writer = Writer(tmp_path / "file", keep=2)
    writer.write([Snapshot(1, STATE)])
    with pytest.raises(StorageError):
        writer.wait()
    writer.wait()  # once


def test_another_writer_lets_the_one_before_end(tmp_path: Path):
    for step in range(1, 9):
        Writer(tmp_path, keep=2).write([Snapshot(step, STATE)])
        Writer(tmp_path, keep=2).settle()
        storage.remove_leftovers(tmp_path)
        assert files.read(files.path_of(tmp_path, step)).step == step
