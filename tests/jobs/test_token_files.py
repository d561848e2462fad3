"""Runs on token ids that are mapped from a file."""

import argparse
import json
from pathlib import Path

import keras
import numpy as np
import pytest
from scipy.special import logsumexp

from kerasdl.data import examples
from kerasdl.data.subwords.encoder import encoder
from kerasdl.data.subwords.training import train as learn
from kerasdl.jobs.resume import resume
from kerasdl.rundir import RunDir
from tests.jobs.helpers import SELECTION, With, check_same_run, config, train_lean, verb
from tests.jobs.test_tables import Kill, KilledError

SMALL = (
    "data.tokenizer=tokenizer.json", "data.max_length=16", "training.epochs=2",
    "model.width=16", "model.depth=1", "model.num_heads=2", "model.mlp_units=32",
    "model.positions=16", "training.batch_size=256", "checkpoint.every_steps=1",
)  # fmt: skip


@pytest.mark.variant
def test_killed_and_resumed_it_is_the_same(monkeypatch: pytest.MonkeyPatch):
    """The score is that of the text that the tokens stand for."""
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
    train_lean(chosen, "whole", baselines=True)
    with pytest.raises(KilledError):
        train_lean(chosen, "killed", With(Kill(3)))
    resume(Path("killed"), SELECTION, report=False, baselines=False)
    check_same_run(Path("whole"), Path("killed"))
    result = RunDir(Path("whole")).read_result()
    assert result is not None
    code, said = verb("evaluate", "whole", "--data", "test.npy", "--json")
    assert code == 0, said
    scores = json.loads(said)
    for name in ("loss", "accuracy", "bits_per_character"):
        assert scores[name] == pytest.approx(result["test"][name]), name
    # By hand: the bits of all predicted tokens, by the characters of their text.
    model = keras.saving.load_model("whole/model.keras", compile=False)
    count = (len(ids) - begin - 1) // 16 * 16
    x = ids[begin : begin + count].reshape(-1, 16)
    y = ids[begin + 1 : begin + 1 + count]
    logits = model.predict(x, verbose=0).reshape(count, -1).astype("float64")
    bits = (logsumexp(logits, axis=1) - logits[np.arange(count), y]).sum() / np.log(2)
    text = encoder(content).tokenizer.decode(y.tolist())
    by_hand = bits / len(text)
    assert result["test"]["bits_per_character"] == pytest.approx(by_hand, rel=1e-4)
    code, said = verb("predict", "whole", "--data", "test.npy")
    assert code == 2
    assert "has no prediction for an example" in said
    baselines = result["baseline"]
    assert {"gzip -9", "xz -9", "token 5-gram"} == {*baselines}
    assert 0 < baselines["token 5-gram"]["bits_per_character"] < 8
