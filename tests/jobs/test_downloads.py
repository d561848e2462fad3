"""Only a flag on the user's own command line asks for the network."""

from pathlib import Path
from typing import Any

import keras
import pytest
from keras.src.utils import file_utils

from kerasdl.data.kinds.arrays import ArraysKind
from kerasdl.errors import DataError
from kerasdl.jobs import assemble
from kerasdl.jobs.build_session import build_session
from kerasdl.jobs.evaluate import evaluate
from kerasdl.jobs.plan import plan
from kerasdl.jobs.resume import resume
from kerasdl.rundir import RunDir
from tests.jobs.helpers import SELECTION, config, verb

pytestmark = pytest.mark.any_backend
SETS = ("mnist", "fashion-mnist", "cifar10", "cifar100")


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was asked of the network, with nothing in the cache."""
    urls: list[str] = []

    def retrieve(url: str, *_: Any) -> None:
        urls.append(url)
        raise OSError("no network")

    monkeypatch.setattr(
        keras.config, "keras_home", lambda: str(tmp_path), raising=False
    )
    monkeypatch.setattr(
        "keras.src.backend.config._KERAS_DIR", str(tmp_path), raising=False
    )
    monkeypatch.setattr(file_utils, "urlretrieve", retrieve)
    return urls


@pytest.mark.parametrize("name", SETS)
def test_a_config_cannot(asked: list[str], name: str):
    chosen = config("cnn", f"data.name={name}")
    for job in (assemble.dataset, build_session, plan):
        with pytest.raises(DataError, match=f"--data {name} on your own command line"):
            job(chosen)
    assert asked == []
    with pytest.raises(DataError, match="neither cached nor could it be downloaded"):
        assemble.source(ArraysKind(name=name), download=True)
    assert len(asked) >= 1


def test_a_flag_asks_and_says_what_else_to_do(asked: list[str]):
    code, said = verb("train", "--preset", "mlp", "--data", "mnist")
    assert code == 3, said
    assert "'mnist' is neither cached" in said
    assert ".npz" in said
    assert asked


def test_a_run_cannot(asked: list[str], copied_run: RunDir):
    path = copied_run.path / "config.toml"
    path.write_text(path.read_text().replace('"digits"', '"mnist"'))
    for job in (
        evaluate,
        lambda run: resume(run.path, SELECTION, epochs=6, trust_edits=True),
    ):
        with pytest.raises(DataError, match="no flag allows a download"):
            job(copied_run)
    assert asked == []


@pytest.mark.parametrize("flags", [["--data", "mnist"], ["--set", "data.name=mnist"]])
def test_a_flag_can(asked: list[str], flags: list[str]):
    Path("mine.toml").write_text('extends = "cnn"\n[data]\nname = "mnist"\n')
    backend = ["--backend", SELECTION.name, "--dry-run"]
    code, said = verb("train", "--preset", "mine.toml", *backend)
    assert (code, asked) == (3, [])
    assert "no flag allows a download" in said
    code, said = verb("train", "--preset", "cnn", *flags, *backend)
    assert (code, len(asked)) == (3, 1)
    assert "could it be downloaded" in said
