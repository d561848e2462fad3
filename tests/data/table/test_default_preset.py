"""The preset for a table where the user names none."""

from pathlib import Path

import pytest

from kerasdl import config as configs
from kerasdl.data.table.small import BYTES, COLUMNS, DESCRIPTION, ROWS
from kerasdl.errors import InvalidConfigError
from kerasdl.jobs.own_data import decide

SMALL_NOTE = f"preset tabm, the default for {DESCRIPTION}"
OTHERWISE = SMALL_NOTE.replace("tabm", "realmlp") + " where tabm does not fit"


def decided(*settings: str, rows: int = 60):
    lines = [
        f"{row * 7 % 13},{row % 2},{row % 3},{row // 4 % 2}" for row in range(rows)
    ]
    Path("t.csv").write_text("\n".join(["x,y,weight,z", *lines]))
    return decide(None, None, ["data.name=t.csv", "data.target=y", *settings])


@pytest.mark.parametrize(
    ("rows", "preset", "note"),
    [
        (ROWS, "tabm", SMALL_NOTE),
        (ROWS + 1, "realmlp", "preset realmlp, the default for a table"),
    ],
)
def test_the_number_of_rows_decides(rows: int, preset: str, note: str):
    found = decided(rows=rows)
    assert found.preset == preset
    assert found.notes[0] == note


@pytest.mark.parametrize(
    "settings",
    [
        ["data.weight=weight"],
        ["training.class_weights=balanced"],
        ["model.frequencies=3"],
        ['data.target=["y", "z"]'],  # labels
    ],
)
def test_what_tabm_cannot_do_is_left_to_realmlp(settings: list[str]):
    found = decided(*settings)
    assert found.preset == "realmlp"
    assert found.notes[0] == OTHERWISE


@pytest.mark.parametrize(
    ("columns", "preset"), [(COLUMNS, "tabm"), (COLUMNS + 1, "realmlp")]
)
def test_the_number_of_columns_decides(columns: int, preset: str):
    names = [*(f"x{number}" for number in range(columns - 1)), "y"]
    lines = [
        ",".join(str(row * place % 7) for place in range(columns)) for row in range(40)
    ]
    Path("t.csv").write_text("\n".join([",".join(names), *lines]))
    assert decide(None, None, ["data.name=t.csv", "data.target=y"]).preset == preset


def test_a_large_file_is_no_small_table():
    long = "a" * (BYTES // 40)
    Path("t.csv").write_text("x,y\n" + f"{long},1\n" * 20 + f"{long},2\n" * 20)
    assert decide(None, None, ["data.name=t.csv", "data.target=y"]).preset == "realmlp"


def test_codes_of_categories_are_left_to_realmlp():
    assert decided("data.max_one_hot=1").preset == "realmlp"


def test_an_error_is_that_of_the_last_preset():
    found = decided("training.epoch=3")
    with pytest.raises(InvalidConfigError, match="unknown key"):
        configs.load(found.preset, None, ["training.epoch=3"], found.inferred)


def test_a_stated_task_leaves_the_preset_open():
    assert decided("data.task=regression").preset == "tabm"


def test_a_table_without_a_target_gets_the_default():
    Path("t.csv").write_text("x\n1\n2\n")
    assert decide(None, None, ["data.name=t.csv"]).preset == "realmlp"
