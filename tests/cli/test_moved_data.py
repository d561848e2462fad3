"""`resume --data`: a file that has moved is told from one that has changed."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from kerasdl import config as configs
from kerasdl import runs_folder
from kerasdl.errors import ConfigError, DataError
from kerasdl.jobs.config_to_resume import config_to_resume
from kerasdl.rundir import RunDir
from tests.cli.helpers import assert_fails, kerasdl
from tests.test_architecture import command, loaded_after


@pytest.fixture
def run() -> RunDir:
    """A run that was stopped before its first checkpoint."""
    lines = ["a,y", *(f"{row},{'no' if row % 3 else 'yes'}" for row in range(60))]
    for name in ("t.csv", "test.csv"):
        Path(name).write_text("\n".join(lines))
    Path("changed.csv").write_text("\n".join([*lines[:-1], "7,no"]))
    texts = ["data.name=t.csv", "data.target=y", "data.test_name=test.csv"]
    config = configs.load("mlp-tabular", settings=texts)
    run = runs_folder.create("run", Path("run"))
    run.write_config(replace(config, data=config.data.with_absolute_paths()))
    digest = config.data.read().sha256()
    run.write_environment({"backend": "torch", "data_sha256": digest})
    return run


def resumed(run: RunDir, data: str | None = None, test_data: str | None = None):
    return config_to_resume(
        run, run.read_config(), None, "stretch", data, test_data
    ).data


def test_the_new_paths_are_kept(run: RunDir):
    before = run.read_config()
    same = config_to_resume(run, before, None, "stretch")
    assert same == before
    Path("there").mkdir()
    shutil.move("t.csv", "there/u.csv")
    with pytest.raises(DataError, match=r"no file at .*/t\.csv, which run was trained"):
        resumed(run)
    moved = resumed(run, "there/u.csv")
    assert moved.name == str(Path("there/u.csv").resolve())
    assert moved.test_name == before.data.test_name
    shutil.move("test.csv", "there")
    with pytest.raises(DataError, match=r"no file at .*/test\.csv.* or --test-data"):
        resumed(run, "there/u.csv")
    moved = resumed(run, "there/u.csv", "there/test.csv")
    assert moved.test_name == str(Path("there/test.csv").resolve())


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        (["changed.csv"], "the data differ from those that run was trained on"),
        ([None, "changed.csv"], "the data differ from those that run was trained on"),
        (["none.csv"], r"no file at none\.csv"),
        ([None, "none.csv"], r"no file at none\.csv"),
    ],
)
def test_other_data_are_refused(run: RunDir, paths: list, message: str):
    with pytest.raises(DataError, match=message):
        resumed(run, *paths)


def test_data_that_cannot_have_moved(run: RunDir):
    config = run.read_config()
    run.write_config(replace(config, data=replace(config.data, test_name="")))
    with pytest.raises(ConfigError, match="the run has none of its own"):
        resumed(run, None, "test.csv")
    run.write_config(configs.load("mlp"))
    with pytest.raises(ConfigError, match="the run has the set 'digits'"):
        resumed(run, "t.csv")


def test_they_are_refused_without_keras(run: RunDir):
    done = kerasdl("resume", "run", "--data", "changed.csv")
    assert_fails(done, 3, "the data differ from those that run was trained on")
    assert loaded_after(command("resume", "run", "--data", "changed.csv")) == []
