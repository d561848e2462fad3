import json
import math
from pathlib import Path

import pytest

from kerasdl import config as configs
from kerasdl import rundir
from kerasdl.errors import ConfigError, ModelFileError


def test_runs_are_numbered_and_never_overwritten():
    names = [rundir.create("mlp").name for _ in range(3)]
    assert names == ["mlp-1", "mlp-2", "mlp-3"]


def test_another_place_must_be_empty(tmp_path: Path):
    empty = tmp_path / "empty"
    empty.mkdir()
    assert rundir.create("mlp", empty).path == empty
    (empty / "file").touch()
    with pytest.raises(ConfigError, match="is not empty"):
        rundir.create("mlp", empty)
    with pytest.raises(ConfigError, match="is no directory"):
        rundir.create("mlp", empty / "file")


def test_config_round_trip():
    run = rundir.create("mlp")
    config = configs.load("mlp")
    run.write_config(config)
    assert run.read_config() == config


def test_found_by_path_or_by_name():
    run = rundir.create("mlp")
    run.write_config(configs.load("mlp"))
    assert rundir.find(run.path) == rundir.find(Path("mlp-1")) == run
    with pytest.raises(ConfigError, match="no run at"):
        rundir.find(Path("mlp-2"))


def test_listed_by_number():
    for _ in range(11):
        rundir.create("mlp").write_config(configs.load("mlp"))
    assert [run.name for run in rundir.all_runs()][-2:] == ["mlp-10", "mlp-11"]


def test_logs_are_strict_json(tmp_path: Path):
    run = rundir.create("mlp", tmp_path / "run")
    run.log_epoch({"epoch": 0, "loss": math.nan})
    run.log_event("warning", "über", list=[math.inf])
    assert json.loads((run.path / "metrics.jsonl").read_text())["loss"] is None
    event = json.loads((run.path / "events.jsonl").read_text())
    assert (event["kind"], event["message"]) == ("warning", "über")
    assert event["list"] == [None]


def test_a_damaged_file_is_named(tmp_path: Path):
    run = rundir.create("mlp", tmp_path / "run")
    assert run.read_result() is None
    (run.path / "result.json").write_text("{")
    with pytest.raises(ModelFileError, match=r"result\.json"):
        run.read_result()


def test_a_model_half_saved_leaves_the_old_one(tmp_path: Path):
    run = rundir.create("mlp", tmp_path / "run")
    run.save_model(lambda path: path.write_text("whole"))

    def save_half(path: Path) -> None:
        path.write_text("half")
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        run.save_model(save_half)
    assert run.model_file.read_text() == "whole"
