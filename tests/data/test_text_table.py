"""A row of a table is a text and what to predict, or is named with what is wrong."""

import csv
import io
import json
import random
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kerasdl import config as configs
from kerasdl.config import Config
from kerasdl.data.table.frame import from_frame
from kerasdl.data.table.tsv import as_texts
from kerasdl.errors import DataError, InvalidConfigError, KerasDLError
from kerasdl.jobs.dataset import prepare
from kerasdl.jobs.own_data import decide
from tests.mutations import bent
from tests.time_limit import limited

ROWS = [
    (
        f"{'good' if n % 2 else 'bad'} book,\nnumber {n}",
        "ab"[n % 2],
        n / 4,
        n % 2,
        n % 3,
    )
    for n in range(60)
]
NAMES = ("review", "label", "stars", "funny", "short")
FRAME = pd.DataFrame(ROWS, columns=pd.Index(NAMES))


def config(name: str, *settings: str) -> Config:
    """Return the config that the data decide, as on the command line."""
    given = [f"data.name={name}", "data.text=review", *settings]
    preset, inferred, *_ = decide(None, None, given)
    return configs.load(preset, None, given, inferred)


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.csv.gz", "a.parquet"])
def test_tables_of_every_format(name: str):
    if name.endswith("parquet"):
        FRAME.to_parquet(name)
    else:
        FRAME.to_csv(name, index=False, sep="\t" if ".tsv" in name else ",")
    chosen = config(name)
    assert (chosen.data.kind, chosen.data.task) == ("text", "classification")
    raw = chosen.data.read()
    assert raw.texts[1] == "good book,\nnumber 1"
    assert raw.labels == tuple("ab" * 30)
    dataset = prepare(raw, chosen)
    said = "only texts and targets are read of"
    [line] = [str(each) for each in dataset.findings if each.kind == "column"]
    assert line == f"{said} {name}, not 'stars', 'funny' and 'short'"
    described = chosen.data.describe(chosen.data.new(raw))
    assert [*described] == [*NAMES]


def test_the_targets_decide_the_task():
    FRAME.to_csv("a.csv", index=False)
    for targets, task in {
        "label": "classification",
        "short": "classification",
        "stars": "regression",
        '["funny", "label"]': "multi-label",
        '["stars", "short"]': "regression",
    }.items():
        chosen = config("a.csv", f"data.target={targets}")
        assert chosen.data.task == task
        assert chosen.model.name == "bert"
        dataset = prepare(chosen.data.read(), chosen)
        assert len(dataset.test) == 12
    assert dataset.targets.to_json()["names"] == ("stars", "short")


def test_the_same_keys_name_those_of_lines():
    lines = [dict(zip(NAMES, row, strict=True)) for row in ROWS]
    Path("a.jsonl").write_text("\n".join(map(json.dumps, lines)))
    FRAME.to_csv("a.csv", index=False)
    for target in ("label", "stars", '["funny", "label"]', '["stars", "short"]'):
        given = f"data.target={target}"
        of_lines, of_table = (
            prepare(chosen.data.read(), chosen)
            for chosen in (config(name, given) for name in ("a.jsonl", "a.csv"))
        )
        np.testing.assert_array_equal(
            of_lines.train.targets(), of_table.train.targets()
        )
        assert of_lines.targets == of_table.targets


def test_many_whole_numbers_are_classes_of_texts():
    FRAME.assign(label=np.arange(60) % 30 + 100).to_csv("a.csv", index=False)
    assert config("a.csv").data.task == "classification"
    assert config("a.csv", "data.task=regression").data.task == "regression"


def test_lists_of_names_are_labels():
    tags = [[], ["new"], ["old", "new"], ["old", 3]]
    lines = [{"text": f"text {n}", "tags": tags[n % 4]} for n in range(40)]
    Path("a.jsonl").write_text("\n".join(map(json.dumps, lines)))
    given = ["data.name=a.jsonl", "data.target=tags"]
    preset, inferred, notes, _ = decide(None, None, given)
    assert notes[-1] == "task multi-label: 'tags' holds lists of names"
    chosen = configs.load(preset, None, given, inferred)
    dataset = prepare(chosen.data.read(), chosen)
    assert dataset.targets.to_json()["names"] == ("3", "new", "old")
    known = {text: tags[int(text.split()[1]) % 4] for text in dataset.train.texts}
    for text, row in zip(dataset.train.texts, dataset.train.targets(), strict=True):
        named = [n for n, on in zip(("3", "new", "old"), row, strict=True) if on]
        assert named == sorted(map(str, known[text]))


def test_a_data_frame_is_read_as_its_file():
    FRAME.to_csv("a.csv", index=False)
    chosen = config("a.csv", "data.target=stars")
    of_frame = chosen.data.from_table(as_texts(from_frame(FRAME)))
    assert of_frame.texts == chosen.data.read().texts
    kept = chosen.data.write(of_frame, Path())
    assert of_frame.sha256() == kept.read().sha256()
    assert chosen.data.from_table(from_frame(FRAME[["review"]]), True).labels == ()


def test_all_that_is_missing_is_named_at_once():
    frame = FRAME.copy()
    frame.loc[[2, 5], "review"] = None
    frame.loc[[3], "label"] = None
    frame.to_csv("a.csv", index=False)
    with pytest.raises(DataError) as caught:
        config("a.csv", "data.task=classification").data.read()
    what = str(caught.value)
    assert "the text 'review' of a.csv is empty at line 6 and line 11" in what
    assert "the target 'label' of a.csv is missing: None at line 7" in what
    frame.loc[:, "review"] = None
    frame.to_csv("a.csv", index=False)
    with pytest.raises(DataError, match=r"line 21 and 40 more"):
        config("a.csv", "data.task=classification").data.read()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["data.text=reviews"], "no column 'reviews' — name the column of texts with"),
        (["data.target=labels"], "no column 'labels' — did you mean"),
        (["data.text=stars", "data.kind=text"], "'stars' of a.parquet holds numbers"),
    ],
)
def test_columns_that_are_not_there(settings: list[str], message: str):
    FRAME.to_parquet("a.parquet")
    with pytest.raises(DataError, match=message):
        config("a.parquet", *settings, "data.task=classification").data.read()


def test_a_column_of_texts_chooses_the_kind():
    def kind(*settings: str) -> str:
        return configs.load_data(None, None, ["data.name=a.csv", *settings]).data.kind

    assert kind() == kind("data.target=y") == "table"
    assert kind("data.text=review") == kind("data.tokens=bpe") == "text"
    assert kind("data.scaling=robust") == "table"
    data = configs.load_data("bert-tiny", None, ["data.name=a.csv"]).data
    assert (data.kind, data.tokens) == ("text", "words")
    with pytest.raises(InvalidConfigError, match=r"unknown key data\.scaling"):
        kind("data.text=review", "data.tokens=bpe", "data.scaling=robust")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["data.name=a.txt", "data.delimiter=;"], "data.delimiter .* has no meaning"),
        (["data.name=a.parquet", "data.delimiter=;"], "no meaning for Parquet"),
        (["data.target=review"], "data.target .* is in data.text"),
        (["data.tokens=bpe", "data.vocabulary_size=258"], "set it to 259 or more"),
        (["data.tokens=bpe", "data.tokenizer=t.json"], "are alternatives"),
        (["data.stride=2"], "data.stride .* has no meaning in classification"),
        (["data.tokens=wordpiece", "data.task=language-modelling", "model.name=gpt"],
         "data.tokens .* has no meaning in language-modelling"),
    ],
)  # fmt: skip
def test_keys_without_meaning(settings: list[str], message: str):
    given = ["data.kind=text", "data.name=a.csv", "data.text=review", "model.name=bert"]
    with pytest.raises(InvalidConfigError, match=message):
        configs.load(None, None, [*given, *settings])


def test_what_becomes_of_files():
    """300 files; each is read, or refused in one line."""
    said = io.StringIO()
    csv.writer(said).writerows([NAMES, *ROWS[:20]])
    content = said.getvalue().encode()
    Path("a.csv").write_bytes(content)
    chosen, read = config("a.csv", "data.task=classification"), 0
    for number in range(300):
        draw = random.Random(number)
        Path("a.csv").write_bytes(bent(draw, content) if number % 4 else content)
        try:
            with limited(10):
                raw = chosen.data.read()
        except KerasDLError as fault:
            assert fault.exit_code in (3, 7)  # noqa: PT017
            assert len(fault.lines()) == 1  # noqa: PT017
        else:
            read += 1
            assert len(raw.texts) == len(raw.labels) > 0
            assert all(raw.texts)
    assert 75 < read < 290
