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
    rows, long = BYTES // 200_000 + 1, "a" * 100_000
    Path("t.csv").write_text("x,y\n" + f"{long},1\n{long},2\n" * rows)
    assert decide(None, None, ["data.name=t.csv", "data.target=y"]).preset == "realmlp"


def test_codes_of_categories_are_left_to_realmlp():
    assert decided("data.max_one_hot=1").preset == "realmlp"


def test_a_config_with_errors_is_told_before_anything_is_read():
    Path("t.csv").write_text("x,y\n1,2\n1,2,3\n")
    settings = ["data.name=t.csv", "data.target=y", "training.epoch=3"]
    found = decide(None, None, settings)
    assert (found.preset, found.notes) == ("realmlp", ())
    with pytest.raises(InvalidConfigError, match="unknown key"):
        configs.load(found.preset, None, settings, found.inferred)


@pytest.mark.parametrize(
    ("family", "preset"), [("realmlp", "realmlp"), ("tabm", "tabm"), ("mlp", "tabm")]
)
def test_a_family_that_is_named_comes_with_its_recipe(family: str, preset: str):
    assert decided(f"model.name={family}").preset == preset


def test_a_file_of_many_digits_is_small_as_well():
    names = [f"x{number}" for number in range(30)]
    line = ",".join(["0.12345678901234567"] * 30)
    rows = [f"{line},{row % 2}" for row in range(9_000)]
    Path("t.csv").write_text("\n".join([",".join([*names, "y"]), *rows]))
    assert decide(None, None, ["data.name=t.csv", "data.target=y"]).preset == "tabm"


def test_columns_that_are_named_beside_a_reconstruction_change_no_task():
    Path("t.csv").write_text("x,p,q\n1,2,3\n2,3,4\n")
    settings = ["data.name=t.csv", 'data.target=["p", "q"]']
    found = decide("autoencoder", None, settings)
    assert configs.load("autoencoder", None, settings, found.inferred).data.task == (
        "reconstruction"
    )


def test_a_stated_task_leaves_the_preset_open():
    assert decided("data.task=regression").preset == "tabm"


def test_a_table_without_a_target_gets_the_default():
    Path("t.csv").write_text("x\n1\n2\n")
    assert decide(None, None, ["data.name=t.csv"]).preset == "realmlp"


@pytest.mark.parametrize(
    "setting", ['data.delimiter="ab"', 'data.delimiter=""', "data.encoding=hex"]
)
def test_keys_by_which_nothing_can_be_read_are_told(setting: str):
    Path("t.csv").write_text("x,y\n1,2\n2,3\n")
    settings = ["data.name=t.csv", "data.target=y", setting]
    found = decide(None, None, settings)
    with pytest.raises(InvalidConfigError, match="is not allowed"):
        configs.load(found.preset, None, settings, found.inferred)
