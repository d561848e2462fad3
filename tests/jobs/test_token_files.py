"""Runs on token ids that are mapped from a file."""

import argparse
from pathlib import Path

import numpy as np
import pytest

from kerasdl.data import examples
from kerasdl.data.subwords.encoder import encoder
from kerasdl.data.subwords.training import train as learn
from kerasdl.jobs.resume import resume
from kerasdl.jobs.train import train
from kerasdl.rundir import RunDir
from tests.jobs.helpers import SELECTION, With, check_same_run, config, verb
from tests.jobs.test_tables import Kill, KilledError

SMALL = (
    "data.tokenizer=tokenizer.json", "data.max_length=16", "training.epochs=2",
    "model.width=16", "model.depth=1", "model.num_heads=2", "model.mlp_units=32",
    "model.positions=16", "training.batch_size=256", "checkpoint.every_steps=1",
)  # fmt: skip


@pytest.mark.variant
def test_killed_and_resumed_it_is_the_same(monkeypatch: pytest.MonkeyPatch):
    """The scores are those of the text that the tokens stand for."""
    monkeypatch.setattr(examples, "RESIDENT_BYTES", 10_000)
    text = Path(argparse.__file__).read_text()
    content = learn("bpe", [text], 400)
    Path("tokenizer.json").write_text(content)
    ids, _ = encoder(content).document(text, "")
    begin = round(0.8 * len(ids))
    np.save("train.npy", ids[:begin].astype("uint16"))
    np.save("test.npy", ids[begin:].astype("uint16"))
    given = "data.name=train.npy", "data.test_name=test.npy", *SMALL
    chosen = config("gpt-tiny", *given)
    train(chosen, SELECTION, stem="", path=Path("whole"))
    with pytest.raises(KilledError):
        train(chosen, SELECTION, stem="", path=Path("killed"), reporter=With(Kill(3)))
    resume(Path("killed"), SELECTION)
    check_same_run(Path("whole"), Path("killed"))
    result = RunDir(Path("whole")).read_result()
    assert result is not None
    bits = result["test"]["bits_per_character"]
    held_out = encoder(content).decoded(ids[begin:])
    Path("test.txt").write_text(held_out)
    code, said = verb("evaluate", "whole", "--data", "test.npy", "--json")
    assert code == 0, said
    assert f"{bits:.6f}"[:6] in said
    baselines = result["baseline"]
    assert {"gzip -9", "xz -9", "token 5-gram"} == {*baselines}
    assert 0 < baselines["token 5-gram"]["bits_per_character"] < 8
