"""Checkpoints of a process that is killed, or of a machine without power."""

import itertools
import json
import os
import random
import signal
import time
from pathlib import Path

import pytest

from kerasdl import storage
from kerasdl.checkpoint import files
from tests.checkpoint import crashes
from tests.checkpoint.snapshots import assert_same, snapshot


def save(folder: Path, step: int) -> None:
    files.write(folder, snapshot(step, size=64))
    storage.write_json(folder / "best.json", {"step": step})
    files.prune(folder, newest=step, keep=2)


def newest(folder: Path, *allowed: int) -> None:
    found = files.read_newest(folder, pytest.fail)
    assert found is not None
    assert found.step in allowed
    assert_same(found, snapshot(found.step, size=64))


@pytest.mark.parametrize(
    "keep",
    [
        lambda path: False,
        lambda path: True,
        lambda path: "step" in path.name,
        lambda path: "step" not in path.name,
    ],
    ids=["no name", "every name", "names within", "names without"],
)
def test_power_lost_at_any_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep: crashes.Keep
):
    """What was not synced is lost, but for some names that are kept by luck."""
    root = tmp_path / "root"
    folder = root / "runs" / "mlp-1" / "checkpoints"
    root.mkdir()
    disk = crashes.RecordingDisk()
    monkeypatch.setattr(storage, "os", disk)
    ends = []
    for step in (1, 2, 3, 4):
        save(folder, step)
        ends.append(len(disk.changes))
    left = crashes.Folder()
    for number, change in enumerate(disk.changes, 1):
        crashes.after(root, left, [change])
        left.put(place := tmp_path / f"{number}", keep)
        found = place / folder.relative_to(root)
        for path in files.all_paths(found):
            files.read(path)
        done = sum(end <= number for end in ends)
        if done:
            newest(found, done, done + 1)
            best = json.loads((found / "best.json").read_text())
            assert best["step"] in (done, done + 1)
    assert len(disk.changes) > 80


def test_what_is_written_survives_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    root = tmp_path / "root"
    root.mkdir()
    disk = crashes.RecordingDisk()
    monkeypatch.setattr(storage, "os", disk)
    files.write(root / "run", snapshot(1, size=64))
    storage.make_directory(root / "log")
    for number in (1, 2):
        storage.append_json_line(root / "log" / "events.jsonl", number)
    left = crashes.Folder()
    crashes.after(root, left, disk.changes)
    left.put(tmp_path / "left", lambda path: False)
    newest(tmp_path / "left" / "run", 1)
    assert (tmp_path / "left" / "log" / "events.jsonl").read_text() == "1\n2\n"


def test_killed_at_every_change(tmp_path: Path):
    folder = tmp_path / "checkpoints"
    for step in (1, 2):
        save(folder, step)
    step, kills = 2, 0
    for at in crashes.counting():

        def act(at: int = at, step: int = step) -> None:
            storage.os = crashes.KillingDisk(at)
            save(folder, step + 1)

        ended = crashes.in_a_child(act)
        newest(folder, step, step + 1)
        if ended:
            break
        kills += 1
        storage.remove_leftovers(folder)
        assert not list(folder.glob(".*"))
        save(folder, step + 2)
        step += 2
        newest(folder, step)
    assert kills > 25


@pytest.mark.slow
def test_killed_a_thousand_times_at_random(tmp_path: Path):
    folder = tmp_path / "checkpoints"
    chosen, reached, kills = random.Random(0), 1, 0
    save(folder, reached)
    while kills < 1000 or reached <= 1000:  # a busy machine saves less often
        kills += 1
        child = os.fork()
        if child == 0:
            for step in itertools.count(reached + 1):
                save(folder, step)
        time.sleep(chosen.uniform(0, 0.02))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        for path in files.all_paths(folder):
            files.read(path)
        found = files.read_newest(folder, pytest.fail)
        assert found is not None
        assert found.step >= reached
        reached = found.step
        storage.remove_leftovers(folder)
