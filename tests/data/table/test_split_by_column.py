"""Splits by group, by time and as a column says."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from kerasdl import config as configs
from kerasdl.data.split_groups import hold_out_groups
from kerasdl.data.split_time import hold_out_newest
from kerasdl.errors import DataError, InvalidConfigError
from kerasdl.jobs.dataset import prepare

ROWS = 200


def write(column: list[str], name: str = "t.csv", **others: list[str]) -> None:
    """Write a table: `by` decides the split, and `a` and `b` are features."""
    columns = {
        "by": column,
        "a": [str(row % 7) for row in range(len(column))],
        "b": [str(row * 37 % 101) for row in range(len(column))],
        "y": ["yn"[row % 3 == 0] for row in range(len(column))],
        **others,
    }
    lines = [",".join(columns), *map(",".join, zip(*columns.values(), strict=True))]
    Path(name).write_text("\n".join(lines))


def config(key: str, *texts: str):
    texts = ("data.name=t.csv", "data.target=y", f"data.{key}=by", *texts)
    return configs.load("mlp-tabular", settings=texts)


def parts(key: str, *texts: str, stratify: bool = True):
    chosen = config(key, *texts).data
    return chosen.parts(chosen.read(), stratify, 0)


def rows(split) -> list[np.ndarray]:
    return [part.rows for part in split[:3]]


def names_of_features(key: str, *texts: str) -> list[str]:
    chosen = config(key, *texts)
    split = prepare(chosen.data.read(), chosen)
    return [column.name for column in split.preprocessing.columns]


@pytest.mark.parametrize("seed", range(5))
def test_no_group_is_in_two_parts(seed: int):
    drawn = np.random.default_rng(seed)
    groups = [f"p{group}" for group in drawn.zipf(1.5, ROWS).clip(max=40)]
    write(groups)
    train, validation, test = rows(parts("group", f"data.split_seed={seed}"))
    assert sorted([*train, *validation, *test]) == [*range(ROWS)]
    sides = [{groups[row] for row in part} for part in (train, validation, test)]
    assert sum(map(len, sides)) == len({*groups})
    assert all(map(len, sides))


@pytest.mark.parametrize("fraction", [0.05, 0.15, 0.4, 0.8])
def test_groups_keep_the_shares_of_classes_and_the_fraction(fraction: float):
    """As an independent sum over the rows says."""
    drawn = np.random.default_rng(1)
    groups = drawn.integers(0, 300, 3000).astype(str).astype(object)
    labels = (drawn.random(3000) < 0.1).astype(int)
    some = np.arange(0, 3000, 2)
    kept, held = hold_out_groups(some, groups, labels, fraction, 3, "test", "t")
    assert sorted([*kept, *held]) == some.tolist()
    assert not {*groups[kept]} & {*groups[held]}
    assert len(held) / len(some) == pytest.approx(fraction, abs=0.01)
    assert labels[held].mean() == pytest.approx(labels[some].mean(), abs=0.02)


def test_the_seed_decides_which_groups_are_held_out():
    groups = np.array([f"{row // 10}" for row in range(500)], object)
    splits = [
        hold_out_groups(np.arange(500), groups, None, 0.2, seed, "test", "t")[1]
        for seed in (0, 0, 1)
    ]
    assert [*splits[0]] == [*splits[1]] != [*splits[2]]
    assert sorted({*groups[splits[0]]}, key=int) == [
        "1", "5", "6", "8", "14", "22", "32", "33", "39", "42",
    ]  # fmt: skip


def test_few_and_unequal_groups():
    sizes = {"big": 90, "small": 10}
    groups = np.array([name for name, n in sizes.items() for _ in range(n)], object)
    for fraction in (0.01, 0.2, 0.5, 0.9):
        kept, held = hold_out_groups(
            np.arange(100), groups, None, fraction, 0, "test", "t"
        )
        assert {len(kept), len(held)} == {90, 10}
        assert (len(held) == 90) == (fraction == 0.9)
    with pytest.raises(DataError, match="cannot split a test set off t: 1 group"):
        hold_out_groups(np.arange(90), groups, None, 0.2, 0, "test", "t")


def test_the_newest_rows_are_held_out_and_ties_stay_together():
    drawn = np.random.default_rng(0)
    days = [
        f"2024-{1 + n // 28:02}-{1 + n % 28:02}" for n in drawn.integers(0, 60, ROWS)
    ]
    write(days)
    split = parts("time")
    train, validation, test = ([days[row] for row in part] for part in rows(split))
    assert max(train) < min(validation) <= max(validation) < min(test)
    assert len(test) / ROWS == pytest.approx(0.2, abs=0.03)
    assert split.how == (
        f"by time 'by': train {min(train)} to {max(train)}, "
        f"validation {min(validation)} to {max(validation)}, "
        f"test {min(test)} to {max(test)}"
    )


def test_times_may_be_numbers():
    write([str(1900 + row % 50) for row in range(ROWS)])
    train, _, test = rows(
        parts("time", "data.validation_fraction=0", "training.monitor=loss")
    )
    assert (test % 50 >= 40).all()
    assert (train % 50 < 40).all()


def test_a_border_is_as_near_as_ties_allow():
    times = np.array([0.0] * 50 + [1.0] * 45 + [2.0] * 5)
    kept, held = hold_out_newest(np.arange(100), times, 0.2, "test", "t")
    assert (len(kept), len(held)) == (95, 5)
    kept, held = hold_out_newest(np.arange(100), times, 0.3, "test", "t")
    assert (len(kept), len(held)) == (50, 50)
    with pytest.raises(DataError, match="all rows left are of one time"):
        hold_out_newest(np.arange(50), times, 0.2, "test", "t")


def test_a_column_says_which_part_a_row_is_in():
    marks = ["train", "Val", "TEST", "valid", "Train"] * 40
    write(marks)
    train, validation, test = rows(parts("split"))
    assert [*train % 5] == [0, 4] * 40
    assert [*validation % 5] == [1, 3] * 40
    assert [*test % 5] == [2] * 40


def test_a_column_that_marks_no_validation_rows():
    write(["Train", "Train", "Test", "Train"] * 50)
    split = parts("split", "data.split_seed=3")
    train, validation, test = rows(split)
    assert [*test % 4] == [2] * 50
    assert len(validation) == np.ceil(0.15 * 150)
    assert len(train) == 150 - len(validation)
    how = "as column 'by' says, validation at random from seed 0, stratified by class"
    assert split.how == how


@pytest.mark.parametrize("key", ["group", "time", "split"])
def test_what_is_a_feature(key: str):
    column = {
        "group": [f"p{row % 20}" for row in range(ROWS)],
        "time": [f"2024-01-{1 + row % 30:02}" for row in range(ROWS)],
        "split": ["train", "validation", "test", "train"] * 50,
    }[key]
    write(column)
    assert names_of_features(key) == [*(["by"] if key == "time" else []), "a", "b"]
    given = "dates" if key == "time" else "categories"
    assert names_of_features(key, f'data.{given}=["by"]') == ["by", "a", "b"]
    assert names_of_features(key, 'data.ignore=["by"]') == ["a", "b"]


def test_a_group_is_known_where_the_column_is_not_a_feature():
    write([f"p{row % 20}" for row in range(ROWS)])
    chosen = config("group")
    split = prepare(chosen.data.read(), chosen)
    assert split.split.startswith("by group 'by': ")
    assert [str(f) for f in split.findings] == [f"split {split.split}"]
    counts = [int(word) for word in split.split.split() if word.isdigit()]
    assert sum(counts) == 20


def test_a_test_table_is_the_test_split_whatever_the_others_are():
    write([f"p{row % 20}" for row in range(ROWS)])
    write([f"q{row % 20}" for row in range(30)], "test.csv")
    split = parts("group", "data.test_name=test.csv")
    assert len(split.test.rows) == 30
    assert len(split.train.rows) + len(split.validation.rows) == ROWS
    write(["train"] * ROWS)
    assert len(parts("split", "data.test_name=test.csv").test.rows) == 30
    write(["train", "test"] * 100)
    with pytest.raises(
        DataError, match=r"'by' of t\.csv and --test-data have test rows"
    ):
        parts("split", "data.test_name=test.csv")


def test_groups_that_a_test_table_shares_are_told():
    write([f"p{row % 20}" for row in range(ROWS)])
    write([f"{'pq'[row % 2]}{row % 6}" for row in range(30)], "test.csv")
    chosen = config("group", "data.test_name=test.csv")
    found = prepare(chosen.data.read(), chosen).findings
    [shared] = [finding for finding in found if finding.kind == "shared-group"]
    assert shared.value == 3
    what = "test.csv and t.csv share 3 groups of 'by': 'p0', 'p2' and 'p4' — "
    assert str(shared).startswith(what)


@pytest.mark.parametrize(
    ("key", "column", "message"),
    [
        (
            "group",
            ["p1", "", "p2", "NA"],
            "is missing: None at line 3, .NA. at line 5, .* and 80 more",
        ),
        ("time", ["2024-01-01", "?"], r"is missing: '\?' at line 3"),
        ("time", ["1", "2", "None"], "is missing: 'None' at line 4"),
        ("split", ["train", ""], "splits the rows, but is missing: None at line 3"),
        ("group", ["p1"], "cannot split a test set off t.csv by 'by': 1 group is left"),
        ("time", ["2024-01-01"], "'by' of t.csv orders no rows: it has 1 different"),
        (
            "time",
            ["monday", "tuesday"],
            "'by' of t.csv orders no rows: it has 2 different values, such as 'monday'",
        ),
        ("split", ["train", "test", "tset"], "data.split names, is 'tset' at line 4"),
        ("split", ["train", "validation"], "'by' of t.csv marks no row for the test"),
        ("split", ["test", "validation"], "'by' of t.csv marks no row for training"),
    ],
)
def test_what_cannot_split_the_rows(key: str, column: list[str], message: str):
    write((column * ROWS)[:ROWS])
    with pytest.raises(DataError, match=message):
        parts(key)


def test_faults_of_the_config():
    with pytest.raises(InvalidConfigError, match="alternatives"):
        config("group", "data.time=a")
    with pytest.raises(InvalidConfigError, match="alternatives"):
        config("time", "data.split=a")
    with pytest.raises(InvalidConfigError, match=r"target \(='y'\) is in data.split"):
        config("split", "data.split=y")
    write(["p"] * ROWS)
    with pytest.raises(DataError, match="no column 'group' — choose from by, a"):
        parts("group", "data.group=group")


def test_classes_that_no_training_row_has_are_named():
    write(
        [f"p{row // 50}" for row in range(ROWS)],
        y=["abcd"[r // 50] for r in range(ROWS)],
    )
    chosen = config("group")
    told = [str(finding) for finding in prepare(chosen.data.read(), chosen).findings]
    unseen = [line for line in told if line.startswith("no training row has the class")]
    assert Counter(line.split()[-3] for line in unseen)
    assert any("which test rows have" in line for line in unseen)
