"""Networks as SavedModel and as LiteRT files."""

import json
from pathlib import Path

import pytest

from kerasdl.diagnostics import latency
from kerasdl.exports.formats import FORMATS
from tests.jobs.exported import answers, assert_alike, of_arrays, predicted
from tests.jobs.helpers import verb
from tests.variants import variants

LEAVES = {"saved-model": "torch jax", "litert": "torch jax tensorflow"}
"""What the script of a format need not import."""


@pytest.fixture(autouse=True)
def times_are_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latency, "SECONDS", 0.01)


@pytest.mark.parametrize("form", ["litert", *variants("saved-model")])
def test_the_script_says_what_predict_says(form: str) -> None:
    for package in FORMATS[form].packages:
        pytest.importorskip(package)
    run, data, arguments = of_arrays()
    code, said = verb("export", run, "--format", form, "--output", "exported")
    assert code == 0, said
    found = answers(Path("exported"), arguments, absent=LEAVES[form])
    assert_alike(found, predicted(run, data, len(found)))
    told = json.loads(Path("exported", "verification.json").read_text())
    assert told["difference"] < 1e-5


@pytest.mark.variant
@pytest.mark.parametrize("preset", ["lstm", "gru"])
def test_recurrent_layers_are_unrolled(preset: str) -> None:
    pytest.importorskip("ai_edge_litert")
    code, said = verb(
        "train", "--preset", preset, "--epochs", "1", "--run-dir", "run",
        "--set", "model.units=[4]", "--set", "training.examples=100",
    )  # fmt: skip
    assert code == 0, said
    code, said = verb("export", "run", "--format", "litert", "--output", "exported")
    assert code == 0, said


def test_what_litert_cannot_hold_is_said() -> None:
    pytest.importorskip("ai_edge_litert")
    code, said = verb(
        "train", "--preset", "conv-autoencoder", "--epochs", "1", "--run-dir", "run",
        "--set", "training.examples=100",
    )  # fmt: skip
    assert code == 0, said
    code, said = verb("export", "run", "--format", "litert", "--output", "exported")
    assert code == 2
    assert said.startswith("error: litert cannot hold this model: ")
    assert len(said.splitlines()) == 1
    assert not Path("exported").exists()
