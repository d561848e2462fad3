"""The types of columns, and what a preset for tables makes of a target."""

from pathlib import Path

import numpy as np
import pytest

from kerasdl.data.kinds.table import TableKind
from kerasdl.data.table.infer import Inferred, infer
from kerasdl.data.table.table import Table
from kerasdl.data.table.values import Spelling
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
    assert types(found, age="category", name="category")["name"] == "category"


def test_what_was_seen():
    found = infer(table(a=["x", None, "NA", "y", "x"]), Spelling(), {})["a"]
    assert found == Inferred("category", 2, 2, ("x", "y"))
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
        (["2", ""], "classification"),
    ],
)
def test_the_task_of_a_target(values: list[str], task: str):
    lines = ["x,y", *(f"{n},{value}" for n, value in enumerate(values * 20))]
    Path("t.csv").write_text("\n".join(lines))
    found = TableKind(name="t.csv", target="y").infer_task()
    assert found
    assert found[0] == task


def test_a_target_of_names_is_refused():
    lines = ["x,y", *(f"{n},${n}" for n in range(ROWS))]
    Path("t.csv").write_text("\n".join(lines))
    message = r"'y' of t.csv is the target, but it has 200 .* such as '\$0'"
    with pytest.raises(DataError, match=message):
        TableKind(name="t.csv", target="y").infer_task()
