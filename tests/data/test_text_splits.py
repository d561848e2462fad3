"""Texts are split by a column, by a key or by a file of their own, as rows are."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kerasdl.config import Config, load
from kerasdl.data.dataset import Dataset
from kerasdl.data.duplicates import duplicates, keys_of_texts
from kerasdl.data.parts import Parts
from kerasdl.data.preprocessing import Part
from kerasdl.data.table.frame import from_frame
from kerasdl.data.texts import Texts
from kerasdl.errors import DataError, InvalidConfigError
from kerasdl.jobs.dataset import prepare
from tests.data.test_text_table import config
from tests.time_limit import limited

FRAME = pd.DataFrame(
    {
        "review": [f"{'good' if n % 2 else 'bad'} book {n}" for n in range(60)],
        "label": ["ab"[n % 2] for n in range(60)],
        "author": [f"author {n // 4}" for n in range(60)],
        "day": pd.date_range("2026-01-01", periods=60).strftime("%Y-%m-%d"),
        "part": ["test" if n >= 50 else "train" for n in range(60)],
        "trust": [n % 3 for n in range(60)],
    }
)


def prepared(*settings: str, name: str = "a.csv") -> tuple[Config, Dataset]:
    """Return the config and the dataset of the frame, written to a file."""
    if name.endswith(".jsonl"):
        lines = FRAME.to_dict("records")
        Path(name).write_text("\n".join(map(json.dumps, lines)))
    else:
        FRAME.to_csv(name, index=False)
    chosen = config(name, *settings)
    return chosen, prepare(chosen.data.read(), chosen)


def authors(dataset: Dataset) -> list[set[str]]:
    """Return the authors of each part."""
    parts = dataset.train, dataset.validation, dataset.test
    places = {text: n for n, text in enumerate(FRAME["review"])}
    return [{FRAME["author"][places[text]] for text in part.texts} for part in parts]


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_no_author_is_in_two_parts(name: str):
    chosen, dataset = prepared("data.group=author", name=name)
    assert chosen.data.kind == "text"
    train, validation, test = authors(dataset)
    assert not train & test
    assert not train & validation
    assert len(train | validation | test) == 15
    assert "split by group 'author'" in "\n".join(map(str, dataset.findings))


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_the_newest_are_the_test(name: str):
    _, dataset = prepared("data.time=day", name=name)
    assert dataset.test.texts == (*FRAME["review"][48:],)


def test_as_a_column_says():
    _, dataset = prepared("data.split=part")
    assert dataset.test.texts == (*FRAME["review"][50:],)
    unread = [str(each) for each in dataset.findings if each.kind == "column"]
    assert unread == [
        "only texts and targets are read of a.csv, not 'author', 'day' and 'trust'"
    ]


def test_a_column_weighs_texts():
    chosen, dataset = prepared("data.weight=trust")
    assert chosen.data.weighs_rows
    places = {text: n for n, text in enumerate(FRAME["review"])}
    given = [places[text] % 3 for text in dataset.train.texts]
    assert dataset.weights == pytest.approx(np.divide(given, 2))


@pytest.mark.parametrize("name", ["new.csv", "new.jsonl"])
def test_texts_of_another_file_are_the_test(name: str):
    new = FRAME[:6].assign(review=["good book 1", *"vwxyz"])
    if name.endswith("csv"):
        new.to_csv(name, index=False)
    else:
        Path(name).write_text("\n".join(map(json.dumps, new.to_dict("records"))))
    chosen, dataset = prepared(f"data.test_name={name}", "data.split_seed=1")
    assert dataset.test.texts == ("good book 1", *"vwxyz")
    assert len(dataset.train) + len(dataset.validation) == 60
    [copies] = [each for each in dataset.findings if each.kind == "duplicate-texts"]
    assert "1 of 6 test texts copy training texts, 0 with the same class" in str(copies)
    assert f"of {name}" in str(copies)
    assert chosen.data.own_files == [Path("a.csv"), Path(name)]
    assert chosen.data.with_name("b.csv").own_files == [Path("b.csv")]


def test_a_wrong_target_of_the_test_is_named_where_it_is():
    FRAME.to_csv("a.csv", index=False)
    FRAME[:3].assign(label=["a", "b", "c"]).to_csv("new.csv", index=False)
    chosen = config("a.csv", "data.test_name=new.csv")
    with pytest.raises(DataError, match=r"'label' is 'c' at line 4 in new\.csv"):
        prepare(chosen.data.read(), chosen)


def test_a_document_has_a_test_of_its_own():
    Path("a.txt").write_text("to be or not to be " * 40)
    Path("b.txt").write_text("that is the question " * 10)
    settings = "data.test_name=b.txt", "data.max_length=16"
    chosen = load("gpt-tiny", None, ["data.name=a.txt", *settings])
    dataset = prepare(chosen.data.read(), chosen)
    assert len(dataset.test) == 210 // 16
    assert len(dataset.train) + len(dataset.validation) >= 760 // 16 - 1


def test_folders_may_have_a_test_of_their_own(tmp_path: Path):
    for folder, count in {"all": 8, "new": 2}.items():
        for name in ("good", "bad"):
            (tmp_path / folder / name).mkdir(parents=True)
            for n in range(count):
                file = tmp_path / folder / name / f"{n}.txt"
                file.write_text(f"{folder} {name} {n}")
    names = f"data.name={tmp_path / 'all'}", f"data.test_name={tmp_path / 'new'}"
    chosen = load("bert-tiny", None, [*names])
    dataset = prepare(chosen.data.read(), chosen)
    assert sorted(dataset.test.texts) == [
        "new bad 0",
        "new bad 1",
        "new good 0",
        "new good 1",
    ]
    (tmp_path / "all/train").mkdir()
    (tmp_path / "all/test").mkdir()
    (tmp_path / "all/good").rename(tmp_path / "all/train/good")
    (tmp_path / "all/bad").rename(tmp_path / "all/test/bad")
    with pytest.raises(DataError, match=r"--test-data names others"):
        prepare(chosen.data.read(), chosen)


def test_data_frames_are_kept_with_their_test():
    FRAME.to_csv("a.csv", index=False)
    data = config("a.csv").data
    raw = data.from_table(from_frame(FRAME))
    test = data.from_table(from_frame(FRAME[:7], "test_data"))
    kept = data.write(replace(raw, test=test), Path())
    assert kept.own_files == [Path("data.tsv"), Path("test.tsv")]
    again = kept.read()
    assert (again.texts, again.labels) == (raw.texts, raw.labels)
    assert again.test.texts == (*FRAME["review"][:7],)
    assert again.test.labels == raw.labels[:7]


def test_lines_of_a_test_need_no_key_that_splits_others():
    new = FRAME[:6].assign(review=[*"uvwxyz"]).drop(columns="author")
    Path("new.jsonl").write_text("\n".join(map(json.dumps, new.to_dict("records"))))
    settings = "data.test_name=new.jsonl", "data.group=author"
    _, dataset = prepared(*settings, name="a.jsonl")
    assert dataset.test.texts == (*"uvwxyz",)
    FRAME["author"] = FRAME["author"].replace({"author 3": "NA"})
    try:
        _, dataset = prepared(*settings, name="a.jsonl")  # Namibia is a country
    finally:
        FRAME["author"] = FRAME["author"].replace({"NA": "author 3"})
    lines = [json.loads(line) for line in Path("a.jsonl").read_text().splitlines()]
    lines[4]["author"] = None
    Path("a.jsonl").write_text("\n".join(map(json.dumps, lines)))
    chosen = config("a.jsonl", *settings)
    with pytest.raises(DataError, match="missing: None at line 5"):
        prepare(chosen.data.read(), chosen)


def test_a_folder_of_parts_scores_its_test(tmp_path: Path):
    for part in ("train", "test"):
        for name in ("good", "bad"):
            (tmp_path / part / name).mkdir(parents=True)
            for n in range(4):
                (tmp_path / part / name / f"{n}.txt").write_text(f"{part} {name} {n}")
    data = load("bert-tiny", None, [f"data.name={tmp_path}"]).data
    part = data.new(data.read())
    assert {part.raw.texts[row].split()[0] for row in part.rows} == {"test"}


@pytest.mark.parametrize("key", ["group", "time", "split", "weight", "encoding"])
def test_columns_have_no_meaning_for_a_document(key: str):
    Path("a.txt").write_text("abc")
    what = rf"data.{key} \(='latin-1'\) has no meaning for a.txt"
    with pytest.raises(InvalidConfigError, match=what):
        load("gpt-tiny", None, ["data.name=a.txt", f"data.{key}=latin-1"])


def test_a_test_that_is_not_there():
    FRAME.to_csv("a.csv", index=False)
    with pytest.raises(DataError, match=r"new\.csv"):
        config("a.csv", "data.test_name=new.csv").data.check_source()


def test_many_copies_are_counted_in_little_time():
    texts = ("ok",) * 20_000
    classes = tuple("ab"[n % 3 == 0] for n in range(20_000))
    raw = Texts("a", texts, classes)
    rows = np.arange(20_000)
    parts = Parts(*(Part(raw, rows[n::4]) for n in range(3)))
    with limited(2):
        found = [
            *duplicates(parts, "text", lambda t: keys_of_texts(t.texts), Texts.place)
        ]
    assert "5,000 of 5,000 test texts copy training texts, 5,000 with" in found[1].what


def test_copies_of_another_class():
    raw = Texts("a", ("x", "y", "x", "y"), ("a", "b", "b", "b"))
    empty, rows = Part(raw, np.arange(0)), np.arange(4)
    parts = Parts(Part(raw, rows[:2]), empty, Part(raw, rows[2:]))
    [found] = duplicates(parts, "text", lambda t: keys_of_texts(t.texts), Texts.place)
    said = "2 of 2 test texts copy training texts, 1 with the same class"
    assert found.what == f"{said}, such as text 0 and text 2"


def test_other_columns_that_decide_are_other_data():
    _, one = prepared("data.split=part")
    changed = FRAME.assign(part=FRAME["part"].to_numpy()[::-1])
    changed.to_csv("a.csv", index=False)
    other = config("a.csv", "data.split=part").data.read()
    assert other.sha256() != one.sha256


@pytest.mark.parametrize(("one", "other"), [("1", "1.0"), ("true", "TRUE")])
def test_spellings_of_one_group_are_one_group(one: str, other: str):
    groups = [
        f"{one if n % 2 else other}" if n < 30 else f"{n // 4}" for n in range(60)
    ]
    if one == "true":
        groups = [(one if n % 2 else other) if n < 30 else "false" for n in range(60)]
        groups[::7] = ["true"] * len(groups[::7])
    frame = FRAME.assign(author=groups)
    frame.to_csv("a.csv", index=False)
    chosen = config("a.csv", "data.group=author")
    assert len({*chosen.data.groups(chosen.data.read().table)}) == (
        9 if one == "1" else 2
    )


def test_folders_of_parts_are_kept_by_documents(tmp_path: Path):
    for part in ("train", "val", "test"):
        (tmp_path / part).mkdir()
        for n in range(4):
            (tmp_path / part / f"{n}.txt").write_text(f"{part} {n} " * 9)
    settings = [f"data.name={tmp_path}", "data.max_length=8"]
    chosen = load("gpt-tiny", None, settings)
    dataset = prepare(chosen.data.read(), chosen)
    parts = dataset.train, dataset.validation, dataset.test
    words = [{word for word in part.text.split() if word.isalpha()} for part in parts]
    assert words == [{"train"}, {"val"}, {"test"}]


def test_files_are_named_and_blank_ones_told(tmp_path: Path):
    for name in ("good", "bad"):
        (tmp_path / name).mkdir()
        for n in range(4):
            (tmp_path / name / f"{n}.txt").write_text(f"{name} {n}")
    data = load("bert-tiny", None, [f"data.name={tmp_path}"]).data
    described = data.describe(data.new(data.read()))
    assert described["file"][:2].tolist() == ["bad/0.txt", "bad/1.txt"]
    (tmp_path / "good" / "9.txt").write_text("  ")
    with pytest.raises(DataError, match=r"cannot be read: good/9\.txt is empty"):
        data.read()


def test_test_data_of_another_sort(tmp_path: Path):
    (tmp_path / "good").mkdir()
    (tmp_path / "good" / "1.txt").write_text("a")
    FRAME.to_csv("a.csv", index=False)
    settings = [f"data.name={tmp_path}", "data.test_name=a.csv"]
    data = load("bert-tiny", None, settings).data
    with pytest.raises(
        DataError, match=r"a\.csv needs a column to predict, .* takes none"
    ):
        data.check_source()


def test_a_test_that_was_learned_from():
    Path("a.txt").write_text("to be or not to be " * 40)
    settings = ["data.name=a.txt", "data.test_name=a.txt", "data.max_length=16"]
    settings.append("data.validation_fraction=0")
    chosen = load("gpt-tiny", None, [*settings, "training.monitor=loss"])
    dataset = prepare(chosen.data.read(), chosen)
    assert "a.txt is in the training text" in str(dataset.findings[-1])
