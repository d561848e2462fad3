"""Whatever becomes of a file ends in a line and a code, and harms nothing else."""

import hashlib
import os
import random
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest

from kerasdl import manifest
from kerasdl.data import Batches
from kerasdl.errors import DivergedError
from kerasdl.jobs import assemble, results
from kerasdl.jobs.train import train
from tests.jobs.helpers import SELECTION, config, train_lean, verb
from tests.mutations import mutate, seal_again
from tests.time_limit import HangError, limited

SMALL = (
    "data.name=table.npz", "model.hidden_units=[4]", "training.epochs=1",
    "training.batch_size=32", "training.max_skipped=1", "training.accelerate=false",
)  # fmt: skip
TEXT = (
    "data.name=text.txt", "model.width=8", "model.depth=1", "model.num_heads=2",
    "model.mlp_units=8", "data.max_length=16", "training.epochs=1",
    "training.batch_size=64", "training.accelerate=false",
)  # fmt: skip
PICTURES = (
    "model.filters=[2]", "training.epochs=1", "training.batch_size=512",
    "training.accelerate=false",
)  # fmt: skip
SEALED = " of what is sealed"
SECONDS, MEBIBYTES = 10, 768
CODES = {0, 2, 3, 4, 5, 6, 7, 8, 75}
"""Of whatever a file can cause; 1 would be a bug."""
PRESETS = {
    "table.toml": """
extends = "mlp-tabular"
[data]
name = "table.npz"
[model]
hidden_units = [4]
[training]
epochs = 1
batch_size = 32
accelerate = false
""",
    "text.toml": """
[data]
name = "text.txt"
task = "language-modelling"
max_length = 16
[model]
name = "gpt"
width = 8
depth = 1
num_heads = 2
mlp_units = 8
[training]
epochs = 1
batch_size = 64
accelerate = false
""",
}


def peak_mebibytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


@pytest.fixture
def templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Runs that ended, one that diverged, presets and data files, in a folder."""
    folder = tmp_path / "templates"
    folder.mkdir()
    monkeypatch.chdir(folder)
    draw = np.random.default_rng(0)
    x, y = draw.normal(size=(91, 4)), np.arange(91) % 2
    np.savez("table.npz", x=x, y=y)
    Path("text.txt").write_text("".join(draw.choice(list("abcd "), 2000)))
    for name, content in PRESETS.items():
        Path(name).write_text(content)
    for path, preset, changes in (
        ("runs/table", "mlp-tabular", SMALL),
        ("runs/text", "gpt-tiny", TEXT),
        ("runs/pictures", "cnn", PICTURES),
    ):
        train(
            config(preset, *changes), SELECTION, stem="", path=Path(path), report=False
        )
    chosen = config("mlp-tabular", *SMALL, "training.epochs=2")
    dataset = assemble.dataset(chosen)
    order = Batches(dataset.train, 32, 0).epoch(1).order
    dataset.train.x[order[:32]] = 3e38
    with monkeypatch.context() as patch:
        patch.setattr(assemble, "dataset", lambda *_: dataset)
        patch.setattr(results, "baselines", lambda *_: {})
        with pytest.raises(DivergedError):
            train_lean(chosen, "runs/diverged")
    return folder


def of_a_run(draw: random.Random, name: str) -> tuple[str, list[list[str]]]:
    run, backend = Path("runs", name), keras.config.backend()
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
    preset = f"{Path(name).stem}.toml"
    train_it = ["train", "--preset", preset, *flags]
    chosen = draw.choice([["presets", "show", preset], train_it])
    return f"{mutate(draw, Path(name))} of {name}", [["presets"], chosen]


FILES: dict[str, Callable] = {
    "table": of_a_run,
    "diverged": of_a_run,
    "text": of_a_run,
    "pictures": of_a_run,
    "table.toml": of_a_preset,
    "table.npz": of_a_preset,
    "text.toml": of_a_preset,
    "text.txt": of_a_preset,
}
OFTEN = ["table", "table", "diverged", *FILES]


def one_mutation(templates: Path, seed: int, as_command: bool) -> None:
    """Change one file of a copy, drive what reads it, and look at what is left."""
    draw, folder = random.Random(seed), Path(f"case-{seed}")
    shutil.copytree(templates, folder)
    (folder / "outside").mkdir()
    (folder / "outside" / "file").write_text("untouched")
    os.chdir(folder)
    name = draw.choice(OFTEN)
    how, verbs = FILES[name](draw, name)
    before, there = contents(Path("outside")), {path.name for path in Path().iterdir()}
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
            with limited(SECONDS):
                code, said = verb(*arguments, "--debug")
        assert code in CODES, f"{case} {arguments} ended with {code}: {said[-3000:]}"
        if SEALED in how and arguments[0] != "runs":
            assert code, f"{case} {arguments} accepted it"
    assert contents(Path("outside")) == before, case
    written = {path.name for path in Path().iterdir()}
    assert written <= {*there, "new"}, case
    os.chdir("..")
    shutil.rmtree(folder)


def fuzz(templates: Path, seeds: range, every: int) -> None:
    home, faults = templates.parent, []
    before = peak_mebibytes()
    for seed in seeds:
        os.chdir(home)
        try:
            one_mutation(templates, seed, as_command=seed % every == every - 1)
        except (AssertionError, HangError, subprocess.TimeoutExpired) as fault:
            faults.append(f"seed {seed}: {fault!r}")
    assert not faults, "\n\n".join(faults)
    assert peak_mebibytes() - before < MEBIBYTES


@pytest.mark.variant
def test_what_becomes_of_files(templates: Path):
    fuzz(templates, range(20), every=20)


@pytest.mark.slow
def test_what_becomes_of_many_files(templates: Path):
    first = int(os.environ.get("FUZZ_FIRST", "1000"))
    count = int(os.environ.get("FUZZ_COUNT", "1000"))
    fuzz(templates, range(first, first + count), every=100)
