"""`kerasdl doctor`, killed and interrupted."""

import hashlib
import json
import shutil
import signal
from pathlib import Path

import pytest

from tests.cli.helpers import assert_fails, kerasdl
from tests.cli.test_resume import running, wait_for


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run at a rate that is far too low, and what its command printed."""
    path = tmp_path_factory.mktemp("slow") / "slow"
    flags = ["--lr", "1e-6", "--epochs", "8", "--set", "data.split_seed=0"]
    done = kerasdl("train", "--preset", "mlp-tabular", "--run-dir", str(path), *flags)
    assert done.returncode == 0, done.stderr
    (path.parent / "printed").write_text(done.stdout)
    return path


@pytest.fixture
def run(slow: Path, tmp_path: Path) -> str:
    return str(shutil.copytree(slow, tmp_path / "slow"))


def digests(run: str) -> dict[str, str]:
    files = [p for p in Path(run).rglob("*") if p.is_file() and p.name != ".lock"]
    return {str(p): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_training_ends_with_what_seems_wrong(slow: Path):
    *_, line, command = (slow.parent / "printed").read_text().splitlines()
    assert line.startswith(
        "doctor   perhaps learning rate too low: at a rate of 1e-06,"
    )
    assert command == f"         to test it: kerasdl doctor {slow}"
    assert "Perhaps learning rate too low" in (slow / "report.html").read_text()


@pytest.mark.slow
def test_killed_it_leaves_the_run_as_it_was(run: str):
    before = digests(run)
    with running("doctor", run, "--minutes", "5") as process:
        wait_for(process, "seed 0, learning rate too low")
        process.kill()
        process.wait()
    assert digests(run) == before


@pytest.mark.slow
def test_interrupted_it_says_what_it_knows(run: str):
    before = digests(run)
    with running("doctor", run, "--minutes", "5") as process:
        wait_for(process, "seed 1, learning rate too low")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "SIGINT; what is known so far counts" in out
    found = json.loads(Path(run, "doctor.json").read_text())
    assert len(found["tested"][0]["control"]) == 2
    assert found["verdict"] in out
    Path(run, "doctor.json").unlink()
    assert digests(run) == before


def test_a_damaged_diagnosis_is_told(run: str):
    Path(run, "doctor.json").write_text("{")
    assert_fails(kerasdl("report", run), 4, "doctor.json", "remove it")
