"""A run whose files were changed since it was written is not believed."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from kerasdl import manifest
from kerasdl.errors import InterruptedRunError, ModelFileError, StorageError
from kerasdl.jobs.resume import resume
from kerasdl.jobs.session import Session
from kerasdl.rundir import RunDir
from tests.jobs.helpers import SELECTION, trained, verb

pytestmark = pytest.mark.any_backend
SEALED = (
    "checkpoints/best.json", "config.toml", "environment.json",
    "evaluation/explanations.json", "evaluation/model.json", "evaluation/test.json",
    "evaluation/test.npz",
    "events.jsonl", "metrics.jsonl", "model.keras", "preprocessing.json",
    "report.html", "result.json",
)  # fmt: skip


def test_every_file_but_those_of_checkpoints_is_sealed(copied_run: RunDir):
    assert manifest.edited(copied_run.path) == []
    assert set(manifest.read(copied_run.path)["files"]) == set(SEALED)


@pytest.mark.parametrize("name", [*SEALED, manifest.NAME])
@pytest.mark.parametrize("change", ["longer", "gone"])
def test_a_changed_file_is_named(copied_run: RunDir, name: str, change: str):
    path = copied_run.path / name
    if change == "longer":
        path.write_bytes(path.read_bytes() + b" ")
    else:
        path.unlink()
    code, said = verb("resume", str(copied_run.path), "--epochs", "4")
    if change == "gone" and name in (manifest.NAME, "config.toml"):
        assert "is not sealed" in said or code == 2  # it is no run any more
        return
    assert (code, f"{name} of" in said) == (4, True)
    assert "--trust-edits" in said
    code, said = verb("evaluate", str(copied_run.path))
    assert code == 4


def scaled(run: RunDir) -> None:
    values = run.read_preprocessing()
    inputs = values["preprocessing"]
    inputs["scale"] = (2 * np.array(inputs["scale"])).tolist()
    run.write_preprocessing(values)


def seeded(run: RunDir) -> None:
    path = run.path / "config.toml"
    path.write_text(path.read_text().replace("seed = 0", "seed = 1"))


def of_another(run: RunDir) -> None:
    other, _ = trained("mlp", "training.epochs=1", "training.seed=1")
    shutil.copy(other.model_file, run.model_file)


@pytest.mark.parametrize("edit", [scaled, seeded, of_another])
def test_a_score_says_what_was_trusted(copied_run: RunDir, edit: Callable):
    edit(copied_run)
    code, said = verb("evaluate", str(copied_run.path))
    assert code == 4
    code, said = verb("evaluate", str(copied_run.path), "--trust-edits", "--json")
    assert code == 0
    [name] = json.loads(said.splitlines()[-1])["edited"]
    assert f"warning: {name} of" in said


def test_resume_seals_anew_and_says_what_it_trusted(copied_run: RunDir):
    path = copied_run.path / "metrics.jsonl"
    path.write_text(path.read_text() + "\n")
    with pytest.raises(ModelFileError, match=r"metrics\.jsonl of .* changed since"):
        resume(copied_run.path, SELECTION, epochs=6)
    assert manifest.edited(copied_run.path) == ["metrics.jsonl"]
    resume(copied_run.path, SELECTION, epochs=6, trust_edits=True)
    assert manifest.edited(copied_run.path) == []
    events = (copied_run.path / "events.jsonl").read_text()
    assert "metrics.jsonl changed by hand, trusted" in events


@pytest.mark.parametrize(
    ("fault", "sealed"),
    [(InterruptedRunError, True), (RuntimeError, False)],
)
def test_a_run_is_sealed_if_its_end_is_orderly(
    copied_run: RunDir, monkeypatch: pytest.MonkeyPatch, fault: type, sealed: bool
):
    def end(*_: object) -> None:
        assert manifest.edited(copied_run.path) is None  # until it ends
        raise fault("what", "hint")

    monkeypatch.setattr(Session, "_train", end)
    with pytest.raises(fault):
        resume(copied_run.path, SELECTION, epochs=6)
    assert manifest.edited(copied_run.path) == ([] if sealed else None)


def test_a_disk_that_is_full_is_what_is_told(
    copied_run: RunDir, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_: object) -> None:
        raise StorageError("no room for the seal", "free some space")

    monkeypatch.setattr(manifest, "write_run", refuse)
    interrupted = InterruptedRunError("a signal came", "resume it")
    with pytest.raises(InterruptedRunError), copied_run.sealed():
        raise interrupted
    with pytest.raises(StorageError), copied_run.sealed():
        pass


def test_a_manifest_names_nothing_elsewhere(copied_run: RunDir, tmp_path: Path):
    """Whether a file elsewhere has some content is nobody's business."""
    (tmp_path / "secret").write_text("secret")
    for name in ("../../secret", str(tmp_path / "secret")):
        files = {name: manifest.seal(b"secret")}
        content = manifest.to_bytes({"format": 1, "files": files})
        (copied_run.path / manifest.NAME).write_bytes(content)
        assert name in (manifest.edited(copied_run.path) or [])
