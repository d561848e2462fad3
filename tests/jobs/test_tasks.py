"""Text and reconstruction, from the config to the scores."""

from pathlib import Path

import keras
import numpy as np
import pytest

from kerasdl import runs_folder, tasks
from kerasdl.data import Texts
from kerasdl.diagnostics.ngram import bits_per_token
from kerasdl.errors import ConfigError, DataError, ModelFileError
from kerasdl.figures import Lines, Table
from kerasdl.jobs import assemble
from kerasdl.jobs.evaluate import evaluate
from kerasdl.jobs.study import study
from kerasdl.jobs.train import train
from kerasdl.report.kept import read_figures
from kerasdl.rundir import RunDir
from kerasdl.tasks.classification import Classification
from tests.jobs.helpers import SELECTION, config

pytestmark = pytest.mark.any_backend

GPT = (
    "data.task=language-modelling",
    "data.max_length=16",
    "model.name=gpt",
    "model.width=16",
    "model.depth=1",
    "model.num_heads=2",
    "model.mlp_units=16",
    "training.epochs=1",
)
BERT = (
    "data.name=python-docstrings",
    "data.tokens=words",
    "data.max_length=6",
    "model.name=bert",
    "model.width=16",
    "model.depth=1",
    "model.mlp_units=16",
    "model.dropout=0",
    "model.attention_dropout=0",
    "optimizer.learning_rate=1e-2",
    "training.epochs=8",
    "training.batch_size=16",
)
AUTOENCODER = (
    "data.task=reconstruction",
    "model.name=autoencoder",
    "model.hidden_units=[32]",
    "training.epochs=10",
    "optimizer.learning_rate=1e-2",
)
SEQUENCES = Texts(
    "python-docstrings",
    tuple(f"{'red' if n % 2 else 'blue'} thing number n{n}" for n in range(120)),
    tuple("ab"[n % 2] for n in range(120)),
)


def trained(*texts: str) -> tuple[RunDir, dict]:
    result = train(config(None, *texts), SELECTION, stem="run")
    return runs_folder.find(Path(result["run"])), result


@pytest.fixture
def few_texts(monkeypatch):
    monkeypatch.setattr(assemble, "source", lambda *_: SEQUENCES)


def test_language_modelling(tmp_path: Path, monkeypatch):
    counting = "".join(f"{n} and then " for n in range(900))
    (tmp_path / "mine.txt").write_text(counting)
    smoothed = (*GPT, "data.name=mine.txt", "loss.label_smoothing=0.2")
    run, result = trained(*smoothed, "optimizer.learning_rate=1e-2")
    assert {"loss", "val_loss", "accuracy", "val_accuracy"} < set(result["best"])
    assert set(result["baseline"]) == {"gzip -9", "xz -9", "character 5-gram"}

    test = assemble.dataset(config(None, *smoothed)).test
    x, y = test.arrays()
    logits = keras.saving.load_model(run.model_file).predict(x, verbose=0)
    nats = np.log(np.exp(logits).sum(-1, keepdims=True)) - logits
    plain = np.take_along_axis(nats, y[..., None], -1).mean()
    bits = plain / np.log(2)
    assert result["test"]["bits_per_character"] == pytest.approx(bits, rel=1e-5)
    assert result["test"]["accuracy"] == (logits.argmax(-1) == y).mean()
    smooth = 0.8 * plain + 0.2 * nats.mean()
    assert result["test"]["loss"] == pytest.approx(smooth, rel=1e-5)

    positions, pieces, written = read_figures(run, "test")
    assert isinstance(positions, Lines)
    means = np.take_along_axis(nats, y[..., None], -1)[..., 0]
    assert positions.y[0] == pytest.approx(
        (means.mean(0) / np.log(2)).tolist(), rel=1e-4
    )
    assert isinstance(pieces, Table)
    before, piece, most = pieces.rows[0]
    assert before == ""  # a piece is as long as the window
    assert piece in test.document
    assert most == pytest.approx(means.mean(-1).max() / np.log(2), rel=1e-4)
    assert isinstance(written, Table)
    for before, truth, greedy, drawn in written.rows:
        assert f"{before}{truth}" in test.document
        assert len(greedy) == len(drawn) == 8
    assert "Continuations" in run.report.read_text()

    run = RunDir(run.path.resolve())
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    again = evaluate(run)
    assert again["bits_per_character"] == pytest.approx(bits, rel=1e-5)
    Path("new.txt").write_text("1 and then 2 and then " * 9)
    assert evaluate(run, "new.txt")["examples"] == (22 * 9 - 1) // 16
    with pytest.raises(ConfigError, match="--group has no meaning in language-model"):
        study(run, group="row")
    with pytest.raises(ConfigError, match="--robustness has no meaning for text data"):
        study(run, robustness=True)
    with pytest.raises(DataError, match=r"digits holds arrays, data\.kind is 'text'"):
        evaluate(run, "digits")


class Uniform:
    """A model for which all tokens are as likely."""

    def __init__(self, count: int):
        self.count = count

    def predict_on_batch(self, x):
        return np.zeros((*x.shape, self.count), "float32")


@pytest.mark.any_backend
@pytest.mark.parametrize("tokens", ["characters", "bpe"])
def test_bits_are_those_of_a_character_whatever_a_token_is(tokens: str):
    """A token of V costs log2 V bits, and stands for several characters."""
    text = "".join(f"{n} grüße und 🎉 dann " for n in range(900))
    Path("mine.txt").write_text(text, encoding="utf-8")
    sizes = "data.vocabulary_size=300", "data.max_length=16"
    chosen = config(None, *GPT, "data.name=mine.txt", f"data.tokens={tokens}", *sizes)
    dataset = assemble.dataset(chosen)
    test, count = dataset.test, dataset.preprocessing.vocabulary_size
    assert count == (300 if tokens == "bpe" else len({*text}) + 1)
    task = tasks.find("language-modelling")
    scores = task.measure(Uniform(count), test, dataset.targets, chosen, 7).scores
    _, y = test.arrays()
    predicted = test.token_ids[1 : y.size + 1]
    np.testing.assert_array_equal(y.ravel(), predicted)
    whole, characters = test.text, y.size
    if tokens == "bpe":
        decoded = dataset.preprocessing.subwords.tokenizer.decode(predicted.tolist())
        characters = len(decoded)
        assert characters > 2 * y.size
        assert decoded in whole
    bits = y.size * np.log2(count) / characters
    assert scores["bits_per_character"] == pytest.approx(bits, rel=1e-5)
    baselines = task.baselines(chosen, dataset)
    ngram = next(n for n in baselines if "5-gram" in n)
    order = {"characters": "character 5-gram", "bpe": "token 5-gram"}
    assert ngram == order[tokens]
    found = bits_per_token(dataset.train.token_ids, test.token_ids, count)
    per_character = found * len(test.token_ids) / len(whole)
    assert baselines[ngram]["bits_per_character"] == pytest.approx(per_character)


def test_unknown_characters_cost_the_model_and_the_ngram(tmp_path: Path):
    text = "".join(chr(0x4E00 + n * n % 997) for n in range(3000))
    (tmp_path / "mine.txt").write_text(text)
    few = (*GPT, "data.name=mine.txt", "data.vocabulary_size=4")
    _, result = trained(*few)
    ngram = result["baseline"]["character 5-gram"]["bits_per_character"]
    for bits in (ngram, result["test"]["bits_per_character"]):
        assert 19 < bits < 23


def test_a_baseline_that_fails_costs_no_result(monkeypatch):
    def fails(*_):
        raise ValueError("inputs\noverflow")

    monkeypatch.setattr(Classification, "baselines", fails)
    run, result = trained("training.epochs=1")
    assert result["baseline"] == {}
    assert result["test"]["accuracy"] > 0.1
    events = Path(run.path, "events.jsonl").read_text()
    assert "no baseline could be scored: inputs overflow" in events


@pytest.mark.usefixtures("few_texts")
def test_texts_are_classified():
    run, result = trained(*BERT)
    assert result["test"]["accuracy"] > 0.9
    assert result["baseline"]["majority_class"]["accuracy"] == 0.5
    assert result["baseline"]["tf-idf_logistic_regression"]["accuracy"] == 1
    assert evaluate(run)["accuracy"] == result["test"]["accuracy"]
    embedding = keras.saving.load_model(run.model_file).get_layer("tokens")
    assert (
        embedding.input_dim
        == len(run.read_preprocessing()["preprocessing"]["vocabulary"]) + 3
    )


def test_reconstruction(tmp_path: Path):
    run, result = trained(*AUTOENCODER)
    test = assemble.dataset(config(None, *AUTOENCODER)).test
    model = keras.saving.load_model(run.model_file)
    left = ((model.predict(test.x, verbose=0) - test.x) ** 2).sum()
    spread = ((test.x - test.x.mean(0)) ** 2).sum()
    assert result["test"]["r2_score"] == pytest.approx(1 - left / spread, abs=1e-3)
    assert result["test"]["loss"] == pytest.approx(left / test.x.size, rel=1e-5)
    assert result["baseline"]["pca"]["components"] == 8
    assert result["test"]["r2_score"] > 0.3
    np.savez(tmp_path / "new.npz", x=test.x[:5])
    assert evaluate(run, str(tmp_path / "new.npz"))["examples"] == 5
    flat = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten()])
    flat.save(run.model_file)
    with pytest.raises(ModelFileError, match=r"maps .* to \(None, 64\)"):
        evaluate(run)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (
            (*BERT, "model.vocabulary_size=4"),
            r"vocabulary_size` \(=4\) is less than the \d+ tokens of the data",
        ),
        (
            (*GPT, "data.task=classification", "data.name=python-docstrings"),
            "gpt.*does not fit",
        ),
    ],
)
def test_models_that_do_not_suit_the_task(texts, message, monkeypatch):
    chosen = config(None, *texts)
    if chosen.data.name == "python-docstrings":
        monkeypatch.setattr(assemble, "source", lambda *_: SEQUENCES)
    encoding = assemble.dataset(chosen).encoding
    with pytest.raises(ConfigError, match=message):
        assemble.model(chosen, encoding)
