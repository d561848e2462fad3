"""TensorFlow reads what is written for TensorBoard."""

import itertools
import shutil
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from kerasdl.config import to_toml
from kerasdl.rundir import RunDir
from tests.jobs.helpers import verb


def read(folder: Path) -> tuple[dict[str, list[Any]], dict[str, list[str]]]:
    """Return the scalars, as (step, time, value), and the texts of each tag."""
    numbers: dict[str, list[Any]] = {}
    texts: dict[str, list[str]] = {}
    [path] = folder.iterdir()
    for event in tf.compat.v1.train.summary_iterator(str(path)):
        for value in event.summary.value:
            if value.HasField("simple_value"):
                found = (event.step, event.wall_time, value.simple_value)
                numbers.setdefault(value.tag, []).append(found)
            elif value.HasField("tensor"):
                [text] = tf.make_ndarray(value.tensor).ravel() or [b""]
                texts.setdefault(value.tag, []).append(text.decode())
    return numbers, texts


def test_what_a_run_logged_is_there(run_of_five_epochs: tuple[RunDir, dict]):
    run, result = run_of_five_epochs
    code, said = verb("tensorboard", str(run.path), "--folder", "events")
    assert (code, "numbers in events" in said) == (0, True), said
    numbers, texts = read(Path("events"))
    lines = run.read_epochs()
    for tag, name in (
        ("loss/train", "loss"),
        ("loss/validation", "val_loss"),
        ("accuracy/validation", "val_accuracy"),
        ("learning_rate", "learning_rate"),
    ):
        assert [step for step, _, _ in numbers[tag]] == [line["step"] for line in lines]
        values = [value for _, _, value in numbers[tag]]
        assert values == pytest.approx([line[name] for line in lines], rel=1e-6)
    times = [moment for _, moment, _ in numbers["loss/train"]]
    passed = [line["seconds"] for line in lines[1:]]
    assert [b - a for a, b in itertools.pairwise(times)] == pytest.approx(
        passed, abs=1e-3
    )
    [(_, _, score)] = numbers["test/accuracy"]
    assert score == pytest.approx(result["test"]["accuracy"])
    assert len(texts["events/text_summary"]) == len(run.read_events())
    [shown] = texts["config/text_summary"]
    assert shown.replace("\n    ", "\n").strip() == to_toml(run.read_config()).strip()


def test_a_folder_that_holds_something_is_left_alone(
    run_of_five_epochs: tuple[RunDir, dict],
):
    run, _ = run_of_five_epochs
    Path("mine").mkdir()
    Path("mine/notes").touch()
    for folder in ("mine", "mine/notes"):
        code, said = verb("tensorboard", str(run.path), "--folder", folder)
        assert (code, f"error: {folder} is there already" in said) == (2, True)
    assert [path.name for path in Path("mine").iterdir()] == ["notes"]


def test_what_is_not_finite_is_left_out_and_a_wrong_step_is_refused(
    run_of_five_epochs: tuple[RunDir, dict], tmp_path: Path
):
    run, _ = run_of_five_epochs
    copy = RunDir(shutil.copytree(run.path, tmp_path / "copy"))
    lines = copy.read_epochs()
    lines[1]["val_loss"] = None
    copy.keep_epochs(lines)
    given = ("tensorboard", str(copy.path), "--trust-edits", "--folder")
    assert verb(*given, "events")[0] == 0
    numbers, _ = read(Path("events"))
    assert len(numbers["loss/train"]) == 5
    assert len(numbers["loss/validation"]) == 4
    with (copy.path / "events.jsonl").open("a") as file:
        file.write('{"kind": "odd", "message": "\\ud800"}\n')
    assert verb(*given, "odd")[0] == 0
    assert read(Path("odd"))[1]["events/text_summary"][-1] == "odd: ?"
    code, said = verb(*given, str(copy.path / "inside"))
    assert (code, "is within the run" in said) == (2, True)
    lines[1]["step"] = 1e300
    copy.keep_epochs(lines)
    code, said = verb(*given, "more")
    assert (code, "a step in metrics.jsonl" in said) == (4, True)
    assert not Path("more").exists()
    assert not [path for path in Path().iterdir() if path.name.startswith(".")]
