"""A run is watched: numbers in its log, findings in its events, curves in its report."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kerasdl import manifest
from kerasdl.checkpoint import files
from kerasdl.config.schema import Diagnostics
from kerasdl.jobs.build_session import build_session
from kerasdl.jobs.resume import resume
from kerasdl.jobs.train import train
from kerasdl.jobs.watches import watches
from kerasdl.rundir import RunDir
from tests.jobs.helpers import (
    SELECTION,
    With,
    check_same_run,
    config,
    epochs_of,
    train_lean,
    trained,
)

EVERY_SECOND = "training.epochs=5", "diagnostics.every_epochs=2"


def layers_of(line: dict) -> set[str]:
    return {name for name in line if "/" in name}


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    path = tmp_path_factory.mktemp("measured") / "run"
    settings = *EVERY_SECOND, "checkpoint.every_epochs=1", "checkpoint.keep=9"
    train(config("mlp", *settings), SELECTION, stem="mlp", path=path, baselines=False)
    return RunDir(path)


@pytest.mark.variant
def test_layers_are_logged_and_training_is_as_without(
    measured: RunDir, run_of_five_epochs
):
    plain, _ = run_of_five_epochs
    lines = epochs_of(measured.path)
    assert [bool(layers_of(line)) for line in lines] == [
        False,
        True,
        False,
        True,
        False,
    ]
    assert {"gradient_norm/head", "update_ratio/dense_1"} < layers_of(lines[1])
    rest = [{n: line[n] for n in line.keys() - layers_of(line)} for line in lines]
    assert rest == epochs_of(plain.path)
    ends = [files.read_newest(p.checkpoints, pytest.fail) for p in (plain, measured)]
    for name, array in ends[0].arrays.items():
        np.testing.assert_array_equal(array, ends[1].arrays[name], err_msg=name)
    assert "Gradient norm by layer" in measured.report.read_text()


@pytest.mark.variant
def test_a_resumed_run_measures_the_same(measured: RunDir, tmp_path: Path):
    run = RunDir(Path(shutil.copytree(measured.path, tmp_path / "resumed")))
    for name in ("result.json", manifest.NAME):
        (run.path / name).unlink()
    for path in files.all_paths(run.checkpoints)[3:]:
        shutil.rmtree(path)
    resume(run.path, SELECTION)
    check_same_run(run.path, measured.path)


@pytest.mark.any_backend
def test_a_run_that_does_not_learn_is_warned_of():
    reporter = With()
    settings = "training.epochs=11", "model.dropout=0", "schedule.name=constant"
    rate = "optimizer.name=sgd", "optimizer.learning_rate=1e-6"
    frozen = config("mlp", *settings, *rate)
    result = train_lean(frozen, reporter=reporter)
    events = (Path(result["run"]) / "events.jsonl").read_text().splitlines()
    [event] = [e for e in map(json.loads, events) if e["kind"] == "plateau"]
    assert event["severity"] == "warning"
    assert event["message"] in reporter.warnings


@pytest.mark.any_backend
def test_how_often_layers_are_measured():
    session = build_session(config("mlp"))
    expected: list[tuple[int | str, list[int]]] = [
        ("auto", [500]),  # of 20 batches each
        (3, [3]),
        (0, []),
    ]
    for every, wanted in expected:
        asked = Diagnostics(every)  # type: ignore[arg-type]
        session.config = replace(session.config, diagnostics=asked)
        made = watches(session, lambda finding: None)
        assert [each.every_epochs for each in made[2:]] == wanted


@pytest.mark.slow
def test_accumulated_and_half_precision_runs_are_measured():
    settings = "training.accumulate=3", "precision.policy=mixed_float16"
    run, _ = trained("mlp", *EVERY_SECOND, *settings)
    line = epochs_of(run.path)[3]
    assert 0 < line["gradient_norm/head"] < 10
    assert 0 < line["update_ratio/head"] < 0.1
