"""The types of columns, and what a preset for tables makes of a target."""

from pathlib import Path

import numpy as np
import pytest

from kerasdl.data.kinds.table import TableKind
from kerasdl.data.table.infer import Inferred, infer
from kerasdl.data.table.spelling import Spelling
from kerasdl.data.table.table import Table
from kerasdl.errors import DataError

ROWS = 200


def table(**columns: list) -> Table:
    arrays = {}
    for name, values in columns.items():
        arrays[name] = np.empty(len(values), object)
        arrays[name][:] = values
    return Table("t.csv", arrays, np.arange(len(values)) + 2)


def types(found: Table, **given: str) -> dict[str, str]:
    return {name: each.type for name, each in infer(found, Spelling(), given).items()}


def test_types():
    found = table(
        age=[str(20 + row % 60) for row in range(ROWS)],
        size=["1,5", "2,25"] * (ROWS // 2),
        smokes=["yes", "no"] * (ROWS // 2),
        rooms=["2", None] * (ROWS // 4) + ["3"] * (ROWS // 2),
        alley=["None", "Paved"] * (ROWS // 2),
        seen=["2026-11-26", "2025-01-01 10:00"] * (ROWS // 2),
        name=[f"person {row}" for row in range(ROWS)],
        country=["Malta"] * ROWS,
        nothing=[None] * ROWS,
        grade=["1", "2", "3", "A"] * (ROWS // 4),
    )
    assert types(found) == {
        "age": "number",
        "size": "number",
        "smokes": "category",
        "rooms": "number",
        "alley": "category",
        "seen": "date",
        "name": "ignored",
        "country": "ignored",
        "nothing": "ignored",
        "grade": "category",
    }
    again = types(found, age="category", name="category")
    assert (again["age"], again["name"]) == ("category", "category")


def test_units_make_numbers():
    texts = {
        "share": [f"{row % 100} %" for row in range(ROWS)],
        "price": [f"${row},000.50" for row in range(ROWS)],
        "mixed": ["5 %", "6", "7", "8"] * (ROWS // 4),
    }
    found = infer(table(**texts), Spelling(), {})
    assert [(each.type, each.spelling.unit) for each in found.values()] == [
        ("number", "%"),
        ("number", "$"),
        ("category", ""),
    ]
    assert types(table(**texts), share="category")["share"] == "category"
    texts["price"][7] = "none of it"
    with pytest.raises(DataError, match=r"of column 'price' .* 'none of it' at line 9"):
        infer(table(**texts), Spelling(), {})


def test_equal_numbers_are_one_category():
    found = infer(table(a=["1", "1.0", "2"] * 9), Spelling(), {"a": "category"})["a"]
    assert found.spelling.comparison == "number"
    found = infer(table(a=["true", "FALSE"] * 9), Spelling(), {})["a"]
    assert (found.type, found.spelling.comparison) == ("category", "boolean")


def test_a_mark_in_some_rows_is_a_category():
    assert types(table(a=["x", None] * 9)) == {"a": "category"}


def test_what_is_recognised_is_kept():
    found = infer(table(a=["1,5", "2"], b=["18/01/2026", "02/01/2026"]), Spelling(), {})
    assert found["a"].spelling.decimal == ","
    assert found["b"].spelling.date_format == "%d/%m/%Y"


def test_a_format_makes_no_dates_of_words():
    spelling = Spelling(date_format="%d/%m/%Y")
    columns = table(
        word=["red", "blue"], day=["02/01/2026", "03/01/2026"], iso=["2026-01-02", None]
    )
    found = infer(columns, spelling, {})
    assert [each.type for each in found.values()] == ["category", "date", "date"]
    assert found["iso"].spelling.date_format == "iso"


def test_why_a_column_is_ignored():
    found = infer(table(a=[None, "NA"], b=["x", "x"]), Spelling(), {})
    assert found["a"].reason == "it is empty"
    assert found["b"].reason == "all its values are the same"


def test_what_was_seen():
    found = infer(table(a=["x", None, "NA", "y", "x"]), Spelling(), {})["a"]
    assert found == Inferred("category", Spelling(), 2, 2, ("x", "y"))
    [many] = infer(table(a=[f"n{row}" for row in range(ROWS)]), Spelling(), {}).values()
    assert many.reason == "it has 200 different texts in 200 rows"


def test_a_word_among_many_numbers_is_an_error_by_line():
    values = [str(row) for row in range(ROWS)]
    values[7] = values[70] = "unknown"
    message = "most of column 'a' of t.csv are numbers, but 'unknown' at line 9 and"
    with pytest.raises(DataError, match=message):
        types(table(a=values))
    assert types(table(a=values), a="category") == {"a": "category"}


def test_a_column_that_is_not_there():
    with pytest.raises(DataError, match=r"no column 'aeg' — did you mean age\?"):
        types(table(age=["1", "2"]), aeg="number")


@pytest.mark.parametrize(
    ("values", "task"),
    [
        (["yes", "no"], "classification"),
        (["0", "1"], "classification"),
        (["1", "2", "3"], "classification"),
        (["0.5", "1.5"], "regression"),
        ([str(row) for row in range(30)], "regression"),
        (["2", "3", ""], "classification"),
    ],
)
def test_the_task_of_a_target(values: list[str], task: str):
    lines = ["x,y", *(f"{n},{value}" for n, value in enumerate(values * 20))]
    Path("t.csv").write_text("\n".join(lines))
    found = suggestion(None)
    assert found
    assert found[0] == task


@pytest.mark.parametrize(
    ("values", "stated", "expected"),
    [
        (["1", "2"], "regression", None),
        (["a", "b"], "regression", "classification"),
        (["0.5", "1.5"], "classification", None),
        (["1", "2"], "language-modelling", "classification"),
    ],
)
def test_a_stated_task_is_kept_if_the_target_allows_it(values, stated, expected):
    Path("t.csv").write_text("\n".join(["x,y", *(f"{v},{v}" for v in values * 20)]))
    found = suggestion(stated)
    assert (found and found[0]) == expected


def suggestion(stated: str | None) -> tuple[str, str] | None:
    kind = TableKind(name="t.csv", target="y")
    return kind.infer_task(stated, kind.preview())


def test_a_target_of_dates_is_refused():
    lines = ["x,y", *(f"{n},2026-01-{n:02}" for n in range(1, 29))]
    Path("t.csv").write_text("\n".join(lines))
    with pytest.raises(DataError, match="'y' holds 28 different dates, such as"):
        suggestion(None)


def test_a_target_of_names_is_refused():
    lines = ["x,y", *(f"{n},#{n}" for n in range(ROWS))]
    Path("t.csv").write_text("\n".join(lines))
    message = r"the target 'y' holds 200 different texts, such as '#0' in t.csv"
    with pytest.raises(DataError, match=message):
        suggestion(None)
