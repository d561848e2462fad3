"""`training.examples` trains on some of the training split."""

from pathlib import Path

import numpy as np
import pytest

from kerasdl.jobs import assemble
from tests.jobs.helpers import config, trained


def rows(*settings: str) -> set[bytes]:
    x, _ = assemble.dataset(config("mlp", *settings)).train.arrays()
    return {row.tobytes() for row in x}


@pytest.mark.any_backend
def test_they_are_drawn_from_the_training_split_by_its_seed():
    few = rows("training.examples=100")
    assert len(few) == 100
    assert few < rows()
    assert few == rows("training.examples=100")
    assert few == rows("training.examples=100", "data.split_seed=0", "training.seed=3")


@pytest.mark.any_backend
def test_more_than_there_are_takes_all():
    assert rows("training.examples=100000") == rows()


@pytest.mark.any_backend
@pytest.mark.parametrize("preset", ["mlp-tabular", "mlp-regression"])
def test_a_run_scores_what_a_whole_one_does(preset: str):
    settings = ("training.examples=40", "training.epochs=1")
    _, result = trained(preset, *settings, baselines=True)
    assert result["examples"]["train"] == 40
    assert np.isfinite([*result["test"].values()]).all()
    assert result["baseline"]


@pytest.mark.any_backend
def test_a_language_model_has_fewer_windows():
    Path("book.txt").write_text("a line of a book, told again and again\n" * 300)
    settings = ["data.name=book.txt", "data.max_length=16", "model.positions=16"]
    small = ["training.examples=8", "training.epochs=1", "model.depth=1"]
    _, result = trained("gpt-tiny", *settings, *small, baselines=True)
    assert result["examples"]["train"] == 8
    assert result["baseline"]


@pytest.mark.any_backend
def test_some_texts_have_their_baseline():
    run, result = trained(
        "bert-tiny", "data.name=python-docstrings", "training.examples=60",
        "model.width=8", "model.depth=1", "model.mlp_units=8", "data.max_length=8",
        "training.epochs=1", baselines=True,
    )  # fmt: skip
    assert result["examples"]["train"] == 60
    scores = result["baseline"]["tf-idf_logistic_regression"]
    assert scores["accuracy"] > 0.15
    assert [event for event in run.read_events() if event["kind"] == "truncated"]
