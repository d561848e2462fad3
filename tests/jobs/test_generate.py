"""A language model writes text: the same on every backend, by seed and draws."""

import json
from pathlib import Path

import numpy as np
import pytest

from kerasdl.diagnostics.sampling import next_tokens
from kerasdl.errors import ConfigError, DataError
from kerasdl.jobs import encodings
from kerasdl.jobs.evaluate import load_model
from kerasdl.jobs.generate import generate
from kerasdl.rundir import RunDir
from kerasdl.runs_folder import find
from tests.jobs.helpers import trained, verb

SMALL = (
    "model.width=16", "model.num_heads=2", "model.depth=1", "model.mlp_units=16",
    "data.max_length=16", "training.epochs=1", "data.name=text.txt",
)  # fmt: skip
TEXT = "the cat sat on the mat, the dog lay on the log.\n"


@pytest.fixture(scope="module")
def writer(tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path := tmp_path_factory.mktemp("writer"))
        Path("text.txt").write_text(TEXT * 60)
        trained("gpt-tiny", *SMALL)
    [run] = path.glob("runs/*")
    return find(run)


@pytest.mark.variant
def test_greedily_it_writes_the_likeliest_token(writer: RunDir):
    written = "".join(generate(writer, "the ", 30, temperature=0.0))
    config = writer.read_config()
    encoding = encodings.read(writer, config)
    model, _ = load_model(writer, encoding)
    preprocessing = encoding.preprocessing
    text = "the "
    for _ in range(30):
        ids = preprocessing.document(text[-16:], "it").ids
        window = np.zeros((1, 16), "int32")
        window[0, : len(ids)] = ids
        best = model.predict_on_batch(window)[0, len(ids) - 1].argmax()
        text += preprocessing.spelled(np.array([best]))
    assert written == text.removeprefix("the ")


@pytest.mark.any_backend
def test_a_seed_writes_the_same_text_and_another_one_another(writer: RunDir):
    first, again, other = (
        "".join(generate(writer, "the cat", 40, seed=seed)) for seed in (1, 1, 2)
    )
    assert first == again
    assert len(first) == 40
    assert first != other


@pytest.mark.any_backend
def test_few_tokens_to_draw_from(writer: RunDir):
    greedy = "".join(generate(writer, "the", 30, temperature=0.0))
    assert "".join(generate(writer, "the", 30, top_k=1)) == greedy
    assert "".join(generate(writer, "the", 30, top_p=1e-9)) == greedy


@pytest.mark.any_backend
def test_the_draws_are_those_of_the_shares_that_are_left():
    shares = np.array([0.5, 0.3, 0.15, 0.05])
    logits = np.log(np.tile(shares, (20_000, 1)))
    draws = np.random.default_rng(0).random(20_000)
    for settings, kept in (
        ({"top_k": 2}, [0.5, 0.3, 0, 0]),
        ({"top_p": 0.7}, [0.5, 0.3, 0, 0]),
        ({"top_p": 0.81}, [0.5, 0.3, 0.15, 0]),
        ({"top_k": 3, "top_p": 0.5}, [0.5, 0, 0, 0]),
    ):
        counts = np.bincount(next_tokens(logits, draws, 1.0, **settings), minlength=4)
        np.testing.assert_allclose(counts / 20_000, kept / np.sum(kept), atol=0.01)


@pytest.mark.any_backend
def test_what_cannot_be_written(writer: RunDir):
    with pytest.raises(DataError, match="the prompt has 'ß'"):
        [*generate(writer, "the ß", 1)]
    run, _ = trained("mlp", "training.epochs=1", "model.hidden_units=[8]")
    with pytest.raises(ConfigError, match="classification, which writes no text"):
        [*generate(run, "", 1)]


@pytest.mark.any_backend
def test_the_command_prints_prompt_and_text(writer: RunDir):
    flags = ("--tokens", "20", "--seed", "5")
    code, said = verb("generate", str(writer.path), "--prompt", "the dog", *flags)
    assert code == 0
    written = "".join(generate(writer, "the dog", 20, seed=5))
    assert said == f"the dog{written}\n"
    code, said = verb("generate", str(writer.path), *flags, "--json")
    assert json.loads(said)["text"] == "".join(generate(writer, "", 20, seed=5))
