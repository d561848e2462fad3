"""A line of a JSONL file is a text and its class, or is named with what is wrong."""

import json
import random
from pathlib import Path

import pytest

from kerasdl import config
from kerasdl.data.json_lines import load_jsonl
from kerasdl.data.python_docstrings import load_python_docstrings
from kerasdl.errors import DataError, InvalidConfigError, UnsafeError
from kerasdl.jobs.own_data import decide
from tests.mutations import bent, with_another_value
from tests.time_limit import limited


def write(path: Path, *lines: object) -> Path:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("\n".join(texts), encoding="utf-8")
    return path


def test_texts_and_classes(tmp_path: Path):
    lines = [
        {"text": "grüß\u2028dich", "label": "yes"},
        {"label": 3, "text": " a\t", "n": [1]},
    ]
    path = write(tmp_path / "a.jsonl", *lines, "", "  ")
    found = load_jsonl(path, "text", ["label"])
    assert found.texts == ("grüß\u2028dich", " a\t")
    assert found.labels == ("yes", "3")
    assert load_jsonl(path, "text").labels == ()
    other = write(tmp_path / "b.jsonl", {"review": "good", "stars": 5})
    assert load_jsonl(other, "review", ["stars"]).labels == ("5",)


def test_every_wrong_line_is_named(tmp_path: Path):
    good = {"text": "a", "label": "b"}
    wrong = ["{", [], {"label": "b"}, {"text": 1, "label": "b"}, {"text": "a"},
             {"text": "a", "label": None}, {"text": "a", "label": 1.5},
             '{"text": "\\ud800", "label": "b"}', {"text": "a", "label": ""}]  # fmt: skip
    with pytest.raises(DataError) as caught:
        load_jsonl(write(tmp_path / "a.jsonl", good, *wrong, good), "text", ["label"])
    what = str(caught.value)
    assert "9 lines of" in what
    for place in (
        "line 2: not JSON",
        "line 3: no JSON object",
        "line 4: no 'text'",
        "line 5: 'text' is no text",
        "line 6: no 'label'",
        "line 7: 'label' is neither a word nor a whole number",
        "line 9: 'text' holds half of a surrogate pair",
    ):
        assert place in what
    with pytest.raises(DataError, match=r"30 lines .*; and 10 more"):
        load_jsonl(write(tmp_path / "b.jsonl", *["{"] * 30), "text", ["label"])


@pytest.mark.parametrize("content", ["", "\n\n", "\0"])
def test_no_texts(tmp_path: Path, content: str):
    (tmp_path / "a.jsonl").write_text(content)
    with pytest.raises(DataError):
        load_jsonl(tmp_path / "a.jsonl", "text", ["label"])


@pytest.mark.parametrize(
    ("form", "values", "labels"),
    [
        ("number", [1, 2.5, -3], (1.0, 2.5, -3.0)),
        ("names", [["a", 1], []], (frozenset("a1"), frozenset())),
        ("value", [True, "x", 0], ("True", "x", "0")),
        ("class", [True, False, 0], ("True", "False", "0")),
    ],
)
def test_other_targets(tmp_path: Path, form, values: list, labels: tuple):
    lines = [{"text": "a", "label": value} for value in values]
    found = load_jsonl(write(tmp_path / "a.jsonl", *lines), "text", ["label"], form)
    assert found.labels == labels
    assert found.place(1) == "line 2"
    wrong = ['{"text": "a", "label": 1e999}', {"text": "a", "label": [["b"]]},
             {"text": "a", "label": None}, {"text": "  ", "label": 1}]  # fmt: skip
    with pytest.raises(DataError, match=r"4 lines of .*: 'text' is empty"):
        load_jsonl(write(tmp_path / "b.jsonl", *wrong), "text", ["label"], "number")


def test_a_line_that_is_nested_too_deeply_is_refused(tmp_path: Path):
    with pytest.raises(UnsafeError, match=r"line 1 of .* is nested too deeply"):
        load_jsonl(write(tmp_path / "a.jsonl", "[" * 200_000), "text", ["label"])


def test_the_file_chooses_the_preset():
    kinds = {"a.jsonl": "bert-tiny", "a.txt": "gpt-tiny"}
    for name, preset in kinds.items():
        data = config.load_data(None, None, [f"data.name={name}"]).data
        assert data.kind == "text"
        assert data.default_presets(None)[0][0] == preset


def test_what_becomes_of_lines(tmp_path: Path):
    """300 files; each is read, or refused in one line."""
    docs = load_python_docstrings()
    lines = [
        {"text": text, "label": label}
        for text, label in list(zip(docs.texts, docs.labels, strict=True))[:20]
    ]
    read = 0
    for number in range(300):
        draw = random.Random(number)
        changed = [*lines]
        for _ in range(draw.choice([0, 1, 3])):
            place = draw.randrange(len(changed))
            changed[place] = with_another_value(draw, changed[place])
        path = write(tmp_path / "a.jsonl", *changed)
        if draw.random() < 0.5:
            path.write_bytes(bent(draw, path.read_bytes()))
        try:
            with limited(10):
                found = load_jsonl(path, "text", ["label"])
        except (DataError, UnsafeError) as fault:
            assert len(str(fault).splitlines()) == 1  # noqa: PT017
        else:
            read += 1
            assert len(found.texts) == len(found.labels) > 0
    assert 50 < read < 250


def test_a_recipe_without_data_is_not_the_folder_it_is_used_in():
    for suffix in ("txt", "png"):
        Path(f"a.{suffix}").touch()
        assert config.load("resnet50").data.kind == "arrays"


@pytest.mark.parametrize("key", ["text", "target"])
def test_keys_of_a_line_have_no_meaning_for_a_document(key: str):
    given = ["data.name=a.txt", f"data.{key}=other"]
    with pytest.raises(InvalidConfigError, match=f"data.{key} .* has no meaning"):
        config.load("gpt-tiny", settings=given)
    names = ["data.name=a.jsonl", f"data.{key}=other"]
    assert getattr(config.load("bert-tiny", settings=names).data, key) == "other"


@pytest.mark.parametrize(
    ("labels", "task"),
    [
        ([*range(1000)], "classification"),
        ([*range(1001)], "regression"),
        ([1, 2.5], "regression"),
        ([True, False], "classification"),
        (["1.5", "2"], "classification"),
        ([["a"], []], "multi-label"),
    ],
)
def test_labels_suggest_a_task_that_can_read_them(
    tmp_path: Path, labels: list, task: str
):
    lines = [{"text": f"text {n}", "label": label} for n, label in enumerate(labels)]
    path = write(tmp_path / "a.jsonl", *lines)
    given = [f"data.name={path}"]
    decided = decide(None, None, given)
    chosen = config.load(decided.preset, None, given, decided.inferred)
    assert chosen.data.task == task
    assert len(chosen.data.read().labels) == len(labels)


def test_one_value_is_nothing_to_learn(tmp_path: Path):
    path = write(tmp_path / "a.jsonl", *[{"text": "a", "label": 1}] * 9)
    with pytest.raises(DataError, match=r"the target 'label' of .* has one value"):
        decide(None, None, [f"data.name={path}"])
