"""Whatever becomes of a file ends in a line and a code, and harms nothing else."""

import contextlib
import hashlib
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from kerasdl import manifest
from kerasdl.data import Batches
from kerasdl.errors import DivergedError
from kerasdl.jobs import assemble, fit
from kerasdl.jobs.train import train
from tests.jobs.helpers import SELECTION, config, verb
from tests.mutations import mutate, seal_again

SMALL = (
    "data.name=mine.npz", "model.hidden_units=[4]", "training.epochs=1",
    "training.batch_size=32", "training.max_skipped=1",
)  # fmt: skip
SEALED = " of what is sealed"
SECONDS, MEBIBYTES = 10, 768
CODES = {0, 2, 3, 4, 5, 6, 7, 8, 75}
"""Of whatever a file can cause; 1 would be a bug."""
PRESET = """
extends = "mlp-tabular"
[data]
name = "mine.npz"
[model]
hidden_units = [4]
[training]
epochs = 1
batch_size = 32
"""


class HangError(BaseException):
    """A verb took longer than it may."""


@contextlib.contextmanager
def limited() -> Iterator[None]:
    def hang(*_: Any) -> None:
        raise HangError

    former = signal.signal(signal.SIGALRM, hang)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)


def peak_mebibytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


@pytest.fixture
def templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """A run that ended, one that diverged, a preset and a data file."""
    folder = tmp_path / "templates"
    folder.mkdir()
    monkeypatch.chdir(folder)
    draw = np.random.default_rng(0)
    x, y = draw.normal(size=(91, 4)), np.arange(91) % 2
    np.savez("mine.npz", x=x, y=y)
    Path("mine.toml").write_text(PRESET)
    train(config("mlp-tabular", *SMALL), SELECTION, stem="", path=Path("ended"))
    chosen = config("mlp-tabular", *SMALL, "training.epochs=2")
    dataset = assemble.dataset(chosen)
    order = Batches(dataset.train.x, dataset.train.y, 32, 0).epoch(1).order
    dataset.train.x[order[:32]] = 3e38
    with monkeypatch.context() as patch:
        patch.setattr(assemble, "dataset", lambda *_: dataset)
        patch.setattr(fit, "baseline", lambda *_: {})
        with pytest.raises(DivergedError):
            train(chosen, SELECTION, stem="", path=Path("diverged"))
    return {name: folder / name for name in ("ended", "diverged")} | {
        "preset": folder / "mine.toml",
        "data": folder / "mine.npz",
    }


def of_a_run(draw: random.Random, name: str) -> tuple[str, list[list[str]]]:
    run, backend = Path(name), keras.config.backend()
    files = [p for p in run.rglob("*") if p.is_file()]
    path = draw.choice(files)
    sealed = {p for p in files if "step-" not in str(p) and p.name != ".lock"}
    before = path.read_bytes()
    how = mutate(draw, path)
    verbs = [["evaluate", name], ["resume", name, "--epochs", "3"], ["verify", name]]
    if name == "diverged":
        verbs += [["replay", name]]
    chosen = draw.choice(verbs)
    if chosen[0] != "verify":
        chosen += ["--backend", backend]
    kept = seal_again(draw, run, path) and path in sealed
    if kept and chosen[0] in ("evaluate", "resume") and changed(path, before):
        how += SEALED
    return f"{how} of {path}", [["runs"], chosen]


def changed(path: Path, before: bytes) -> bool:
    """Tell whether a file is not what it was; a missing manifest says nothing of it."""
    if not path.is_file() or path.is_symlink():
        return path.name != manifest.NAME or os.path.lexists(path)
    return path.stat().st_size > 2**24 or path.read_bytes() != before


def of_a_preset(draw: random.Random, name: str) -> tuple[str, list[list[str]]]:
    flags = ["--backend", keras.config.backend(), "--run-dir", "new"]
    train_it = ["train", "--preset", "mine.toml", *flags]
    chosen = draw.choice([["presets", "show", "mine.toml"], train_it])
    return f"{mutate(draw, Path(name))} of {name}", [["presets"], chosen]


FILES: dict[str, Callable] = {
    "ended": of_a_run,
    "diverged": of_a_run,
    "mine.toml": of_a_preset,
    "mine.npz": of_a_preset,
}


def one_mutation(templates: dict[str, Path], seed: int, as_command: bool) -> None:
    """Change one file of a copy, drive what reads it, and look at what is left."""
    draw, folder = random.Random(seed), Path(f"case-{seed}")
    shutil.copytree(templates["ended"].parent, folder)
    (folder / "outside").mkdir()
    (folder / "outside" / "file").write_text("untouched")
    os.chdir(folder)
    name = draw.choice([*["ended"] * 4, *["diverged"] * 2, "mine.toml", "mine.npz"])
    how, verbs = FILES[name](draw, name)
    before = contents(Path("outside"))
    case = f"seed {seed}: {how}, then"
    for arguments in verbs:
        if as_command:
            command = [sys.executable, "-m", "kerasdl", *arguments]
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=30
            )
            code, said = done.returncode, done.stderr
            assert "Traceback" not in said, f"{case} {arguments}"
        else:
            with limited():
                code, said = verb(*arguments, "--debug")
        assert code in CODES, f"{case} {arguments} ended with {code}: {said[-3000:]}"
        if SEALED in how and arguments[0] != "runs":
            assert code, f"{case} {arguments} accepted it"
    assert contents(Path("outside")) == before, case
    written = {path.name for path in Path().iterdir()}
    expected = {"ended", "diverged", "mine.toml", "mine.npz", "outside", "runs"}
    assert written <= expected | {"new"}, case
    os.chdir("..")
    shutil.rmtree(folder)


def fuzz(templates: dict[str, Path], seeds: range, every: int) -> None:
    home, faults = templates["ended"].parent.parent, []
    before = peak_mebibytes()
    for seed in seeds:
        os.chdir(home)
        try:
            one_mutation(templates, seed, as_command=seed % every == every - 1)
        except (AssertionError, HangError, subprocess.TimeoutExpired) as fault:
            faults.append(f"seed {seed}: {fault!r}")
    assert not faults, "\n\n".join(faults)
    assert peak_mebibytes() - before < MEBIBYTES


def test_what_becomes_of_files(templates: dict[str, Path]):
    count = {"torch": 240, "jax": 120}.get(keras.config.backend(), 20)
    fuzz(templates, range(count), every=count // 2)


@pytest.mark.slow
def test_what_becomes_of_many_files(templates: dict[str, Path]):
    first = int(os.environ.get("FUZZ_FIRST", "1000"))
    count = int(os.environ.get("FUZZ_COUNT", "1000"))
    fuzz(templates, range(first, first + count), every=100)
