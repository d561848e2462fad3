"""What lets a model score higher on held-out rows than on new ones is told."""

import csv
import io
import time
from pathlib import Path

import numpy as np
import pytest
from sklearn import datasets

from kerasdl import config as configs
from kerasdl.data.table import duplicate_rows
from kerasdl.data.table.findings import leaks
from kerasdl.finding import Finding
from kerasdl.jobs.dataset import prepare

SETS = {
    "breast-cancer": (datasets.load_breast_cancer, "classification"),
    "wine": (datasets.load_wine, "classification"),
    "diabetes": (datasets.load_diabetes, "regression"),
}


def rows_of(name: str) -> tuple[list[str], list[list[str]]]:
    """Return the names and the rows of a real table; the target is last."""
    bunch = SETS[name][0]()
    names = [text.replace(" ", "_") for text in bunch.feature_names]
    rows = np.column_stack([bunch.data, bunch.target]).tolist()
    return [*names, "y"], [[repr(value) for value in row] for row in rows]


def findings(names: list[str], rows: list[list[str]], task: str, *texts: str):
    """Return the findings about a table that may leak."""
    text = io.StringIO()
    csv.writer(text).writerows([names, *rows])
    Path("t.csv").write_text(text.getvalue())
    given = ("data.name=t.csv", "data.target=y", f"data.task={task}", *texts)
    chosen = configs.load("mlp-tabular", settings=given)
    split = prepare(chosen.data.read(), chosen)
    return [finding for finding in split.findings if finding.severity == "warning"]


@pytest.mark.parametrize("name", SETS)
def test_nothing_is_told_of_real_tables(name: str):
    assert findings(*rows_of(name), SETS[name][1]) == []


@pytest.mark.parametrize("name", SETS)
def test_copies_on_both_sides_are_counted(name: str):
    """By the split, which is known, and by comparing every pair of rows."""
    names, rows = rows_of(name)
    rows += rows[:40]
    rows += [[*row[:-1], rows[0][-1]] for row in rows[40:60]]
    told = findings(names, rows, SETS[name][1])
    chosen = configs.load(
        "mlp-tabular",
        settings=["data.name=t.csv", "data.target=y", f"data.task={SETS[name][1]}"],
    )
    split = chosen.data.parts(chosen.data.read(), SETS[name][1] == "classification", 0)
    for finding in told:
        held = getattr(split, finding.where).rows.tolist()
        pairs = {
            row: [r for r in split.train.rows if rows[r][:-1] == rows[row][:-1]]
            for row in held
        }
        copies = {row: originals for row, originals in pairs.items() if originals}
        same = sum(
            any(rows[r] == rows[row] for r in originals)
            for row, originals in copies.items()
        )
        first = min(copies)
        assert finding.value == len(copies)
        assert str(finding) == (
            f"{len(copies)} of {len(held)} {finding.where} rows copy training rows, "
            f"{same} with the same target, such as line {copies[first][0] + 2} and "
            f"line {first + 2} — remove the copies, or keep "
            "them on one side with data.group"
        )
    assert {finding.where for finding in told} == {"validation", "test"}


def test_what_was_not_compared_is_not_counted(monkeypatch: pytest.MonkeyPatch):
    names, rows = rows_of("diabetes")
    rows = [[*row[:2], *row[8:]] for row in rows * 2]
    counts = {}
    for cells in (3_000_000, 1000, 600):
        monkeypatch.setattr(duplicate_rows, "MAX_CELLS", cells)
        told = findings([*names[:2], *names[8:]], rows, "regression")
        test = told[-1]
        assert test.where == "test"
        assert str(test).startswith("at least ") == (cells < 3_000_000)
        counts[cells] = test.value
    assert counts[3_000_000] > counts[1000] > counts[600] > 0


def test_copies_kept_on_one_side_are_none():
    names, rows = rows_of("wine")
    numbered = [[*row[:-1], str(n), row[-1]] for n, row in enumerate(rows)]
    named = [*names[:-1], "bottle", "y"]
    told = findings(named, numbered * 2, "classification", "data.group=bottle")
    assert told == []
    told = findings(named, numbered * 2, "classification", 'data.ignore=["bottle"]')
    assert {finding.kind for finding in told} == {"duplicate-rows"}


def test_a_copy_is_known_by_other_spellings_and_in_a_test_table():
    """As pandas writes whole numbers once one of the column is missing."""
    names, rows = rows_of("breast-cancer")
    Path("test.csv").write_text(
        "\n".join([",".join(names), *(f"{','.join(row)}0" for row in rows[:30])])
    )
    texts = ("data.test_name=test.csv", "data.validation_fraction=0")
    texts = (*texts, "training.monitor=loss")
    [finding] = findings(names, rows, "classification", *texts)
    assert "30 of 30 test rows" in str(finding)
    assert "such as line 2 and line 2 of test.csv" in str(finding)


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("noise", [0, 0.01])
def test_a_column_that_gives_the_target_away(name: str, noise: float):
    """As a copy, on another scale, with some wrong values."""
    names, rows = rows_of(name)
    drawn = np.random.default_rng(0)
    y = np.array([float(row[-1]) for row in rows])
    if SETS[name][1] == "regression":
        leak = np.exp(-y / y.std() * (1 + noise * drawn.normal(size=len(y))))
    else:
        leak = np.where(drawn.random(len(y)) < noise, drawn.permutation(y), y) * 3 % 7
    rows = [[repr(value), *row] for value, row in zip(leak.tolist(), rows, strict=True)]
    [finding] = findings(["leak", *names], rows, SETS[name][1])
    assert finding.kind == "leak"
    assert finding.where == "leak"
    assert finding.value > 0.97
    assert "column 'leak' alone predicts 'y' nearly perfectly: " in str(finding)
    ignored = findings(["leak", *names], rows, SETS[name][1], 'data.ignore=["leak"]')
    assert ignored == []


def test_a_word_and_a_missing_value_give_the_target_away():
    names, rows = rows_of("wine")
    word = {"0.0": "red", "1.0": "rosé", "2.0": ""}
    rows = [[word[row[-1]], *row] for row in rows]
    [finding] = findings(["tag", *names], rows, "classification")
    assert finding.where == "tag"


def test_what_is_constant_within_groups_is_no_leak_between_them():
    """The age of a patient tells who it is, and who it is tells the target."""
    drawn = np.random.default_rng(0)
    ages, ill = drawn.permutation(60) + 20.5, drawn.integers(0, 2, 60)
    who = np.repeat(np.arange(60), 10)
    rows = [
        [f"p{n}", repr(float(ages[n])), repr(float(drawn.normal())), "ny"[ill[n]]]
        for n in who
    ]
    names = ["patient", "age", "dose", "y"]
    ignored = findings(names, rows, "classification", 'data.ignore=["patient"]')
    assert [finding.where for finding in ignored] == ["age"]
    assert findings(names, rows, "classification", "data.group=patient") == []


@pytest.mark.parametrize(
    ("name", "values", "told"),
    [
        ("n", lambda n: str(n), True),
        ("n", lambda n: str(5000 - 2 * n), True),
        ("n", lambda n: f"{n}.0", True),
        ("n", lambda n: f"{n}.5", False),
        ("n", lambda n: str(n * 7919 % 1009), False),
        ("n", lambda n: str(n // 2), False),
        ("user_id", lambda n: str(n * 7919 % 1009), True),
        ("userId", lambda n: str(n * 7919 % 1009), True),
        ("Unnamed: 0", lambda n: str(n * 7919 % 1009), True),
        ("", lambda n: str(n), True),
        ("paid", lambda n: str(n * 7919 % 1009), False),
        ("user_id", lambda n: str(n % 9), False),
    ],
)
def test_columns_that_number_the_rows(name: str, values, told: bool):
    names, rows = rows_of("diabetes")
    rows = [[values(n), *row] for n, row in enumerate(rows)]
    found: list[Finding] = findings([name, *names], rows, "regression")
    assert [finding.where for finding in found] == (
        [name or "column 1"] if told else []
    )
    assert all("it is kept as a feature" in str(finding) for finding in found)


def test_numbers_of_rows_do_not_hide_copies():
    names, rows = rows_of("diabetes")
    rows = [[str(n), *row] for n, row in enumerate(rows * 2)]
    told = findings(["n", *names], rows, "regression")
    assert {finding.kind for finding in told} == {"id-column", "duplicate-rows"}


def test_rows_in_the_order_of_their_classes_are_numbered_by_them():
    names, rows = rows_of("wine")
    rows = [[str(n), *row] for n, row in enumerate(rows)]
    told = findings(["n", *names], rows, "classification")
    assert [finding.kind for finding in told] == ["id-column", "leak"]


def test_tables_too_small_or_too_uniform_to_tell():
    rows = [[str(n % 3), "ab"[n % 2]] for n in range(24)]
    told = findings(["a", "y"], rows, "classification")
    assert {finding.kind for finding in told} == {"duplicate-rows"}
    rows = [[repr(n / 7), "5"] for n in range(60)]
    assert findings(["a", "y"], rows, "regression") == []


@pytest.mark.slow
def test_a_large_table_takes_a_second():
    """All that is looked for, of 50,000 rows and 30 columns."""
    drawn = np.random.default_rng(0)
    x = drawn.normal(size=(50_000, 30)).round(4).astype(str).tolist()
    rows = [[*row, "ab"[n % 2]] for n, row in enumerate(x)]
    names = [*(f"c{n}" for n in range(30)), "y"]
    findings(names, rows[:1000], "classification")
    text = io.StringIO()
    csv.writer(text).writerows([names, *rows])
    Path("t.csv").write_text(text.getvalue())
    given = ("data.name=t.csv", "data.target=y")
    chosen = configs.load("mlp-tabular", settings=given)
    raw = chosen.data.read()
    parts = chosen.data.parts(raw, True, 0)
    inferred = chosen.data.infer(raw.table)
    seconds = []
    for _ in range(2):
        begin = time.process_time()
        assert [*leaks(parts, inferred, "", "", True, None)] == []
        seconds.append(time.process_time() - begin)
    assert min(seconds) < 1
