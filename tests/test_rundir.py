import json
import math
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from kerasdl import config as configs
from kerasdl import runs_folder, untrusted
from kerasdl.errors import ConfigError, ModelFileError, UnsafeError
from kerasdl.finding import Finding
from kerasdl.rundir import number, numbers


def test_runs_are_numbered_and_never_overwritten():
    names = [runs_folder.create("mlp").name for _ in range(3)]
    assert names == ["mlp-1", "mlp-2", "mlp-3"]


def test_another_place_must_be_empty(tmp_path: Path):
    empty = tmp_path / "empty"
    empty.mkdir()
    assert runs_folder.create("mlp", empty).path == empty
    (empty / "file").touch()
    with pytest.raises(ConfigError, match="is not empty"):
        runs_folder.create("mlp", empty)
    with pytest.raises(ConfigError, match="is not a directory"):
        runs_folder.create("mlp", empty / "file")


def test_config_round_trip():
    run = runs_folder.create("mlp")
    config = configs.load("mlp")
    run.write_config(config)
    assert run.read_config() == config


def test_found_by_path_or_by_name():
    run = runs_folder.create("mlp")
    run.write_config(configs.load("mlp"))
    assert runs_folder.find(run.path) == runs_folder.find(Path("mlp-1")) == run
    with pytest.raises(ConfigError, match="no run at"):
        runs_folder.find(Path("mlp-2"))


def test_listed_by_number():
    for _ in range(11):
        runs_folder.create("mlp").write_config(configs.load("mlp"))
    assert [run.name for run in runs_folder.all_runs()][-2:] == ["mlp-10", "mlp-11"]


def test_logs_are_strict_json(tmp_path: Path):
    run = runs_folder.create("mlp", tmp_path / "run")
    run.log_epoch({"epoch": 0, "loss": math.nan})
    run.log_event("warning", "über", list=[math.inf])
    assert json.loads((run.path / "metrics.jsonl").read_text())["loss"] is None
    event = json.loads((run.path / "events.jsonl").read_text())
    assert (event["kind"], event["message"]) == ("warning", "über")
    assert event["list"] == [None]


def test_a_damaged_file_is_named(tmp_path: Path):
    run = runs_folder.create("mlp", tmp_path / "run")
    assert run.read_result() is None
    (run.path / "result.json").write_text("{")
    with pytest.raises(ModelFileError, match=r"result\.json"):
        run.read_result()


def test_a_model_half_saved_leaves_the_old_one(tmp_path: Path):
    run = runs_folder.create("mlp", tmp_path / "run")
    run.save_model(lambda path: path.write_text("whole"))

    def save_half(path: Path) -> None:
        path.write_text("half")
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        run.save_model(save_half)
    assert run.model_file.read_text() == "whole"


def to_folder(path: Path, outside: Path) -> None:
    path.symlink_to(outside)


def to_file(path: Path, outside: Path) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to(outside / "precious")


def other_name(path: Path, outside: Path) -> None:
    path.unlink(missing_ok=True)
    path.hardlink_to(outside / "precious")


def pipe(path: Path, outside: Path) -> None:
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def socket(path: Path, outside: Path) -> None:
    os.mknod(path, 0o600 | stat.S_IFSOCK)


STRANGERS = [
    (to_folder, ".tmp-x"),
    (to_folder, "capsule/step-00000001"),
    (to_folder, "checkpoints/.tmp-x"),
    (to_folder, "checkpoints/step-00000009/deep"),
    (to_folder, "notes"),
    (to_file, ".lock"),
    (to_file, "config.toml"),
    (to_file, "events.jsonl"),
    (to_file, "model.keras"),
    (to_file, "checkpoints/best.json"),
    (other_name, ".lock"),
    (other_name, "events.jsonl"),
    (pipe, "config.toml"),
    (pipe, "state.json"),
    (socket, "checkpoints/socket"),
]


@pytest.mark.parametrize(
    ("make", "name"), STRANGERS, ids=[f"{m.__name__} {n}" for m, n in STRANGERS]
)
def test_what_leads_out_of_a_run_is_refused(tmp_path: Path, make: Callable, name: str):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("precious")
    run = runs_folder.create("mlp", tmp_path / "run")
    run.write_config(configs.load("mlp"))
    run.log_event("begin", "so")
    (run.path / name).parent.mkdir(parents=True, exist_ok=True)
    make(run.path / name, outside)
    with pytest.raises(UnsafeError, match="which no run writes") as caught:
        runs_folder.find(run.path)
    assert caught.value.exit_code == 7
    assert (outside / "precious").read_text() == "precious"
    assert [path.name for path in outside.iterdir()] == ["precious"]


def test_a_run_that_is_itself_a_link_is_found(tmp_path: Path):
    run = runs_folder.create("mlp", tmp_path / "run")
    run.write_config(configs.load("mlp"))
    (tmp_path / "link").symlink_to(run.path)
    assert runs_folder.find(tmp_path / "link").read_config() == run.read_config()


@pytest.mark.parametrize("make", [to_file, other_name, pipe])
def test_a_place_for_a_run_holds_no_stranger(tmp_path: Path, make: Callable):
    outside, place = tmp_path / "outside", tmp_path / "place"
    outside.mkdir(), place.mkdir()
    (outside / "precious").write_text("precious")
    make(place / ".lock", outside)
    with pytest.raises(UnsafeError):
        runs_folder.create("mlp", place)
    assert (outside / "precious").read_text() == "precious"


def test_endless_folders_are_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    run = runs_folder.create("mlp", tmp_path / "run")
    run.write_config(configs.load("mlp"))
    monkeypatch.setattr(untrusted, "MAX_ENTRIES", 3)
    for name in "abc":
        (run.path / name).touch()
    with pytest.raises(UnsafeError, match="holds more than 3 files"):
        runs_folder.find(run.path)


def test_logs_are_read_as_they_were_written():
    run = runs_folder.create("mlp")
    assert run.read_epochs() == run.read_events() == []
    run.log_epoch({"epoch": 0, "loss": 0.5})
    run.log_epoch({"epoch": 1, "loss": math.nan})
    run.log_event("save", "at a step", step=3)
    assert [line["loss"] for line in run.read_epochs()] == [0.5, None]
    run.log_finding(Finding("rate", "it is high", "lower it", value=3))
    event, finding = run.read_events()
    assert finding.pop("time")
    assert finding == {
        "kind": "rate",
        "message": "it is high — lower it",
        "what": "it is high",
        "hint": "lower it",
        "value": 3,
        "severity": "warning",
    }
    assert (event["kind"], event["message"], event["step"]) == ("save", "at a step", 3)
    log = run.path / "metrics.jsonl"
    log.write_text(log.read_text() + '{"epoch": 2, "lo')  # killed while it wrote
    assert len(run.read_epochs()) == 2
    for damage in ("[1]\n", "{]\n"):
        log.write_text(damage)
        with pytest.raises(ModelFileError, match="cannot read"):
            run.read_epochs()


def test_numbers_are_finite_and_no_texts():
    values = [1, 0.5, True, "1", None, [1], math.nan, math.inf, 10**400]
    found = numbers({str(place): value for place, value in enumerate(values)})
    assert found == {"0": 1.0, "1": 0.5}
    assert [number(value) for value in values] == [1, 0.5, *[None] * 7]
