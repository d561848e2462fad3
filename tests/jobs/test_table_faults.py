"""Every fault of a table ends in one line and the right exit code."""

import gzip
from pathlib import Path

import pytest

from tests.jobs.helpers import verb

pytestmark = pytest.mark.any_backend
ROWS = 40
GOOD = [f"{n / 4},{'ab'[n % 2]}" for n in range(ROWS)]


def table(*lines: str, head: str = "x,y", body: list[str] | None = None) -> bytes:
    """Return a table with some lines after the 39th row, so from line 42 on."""
    return "\n".join([head, *(GOOD if body is None else body), *lines]).encode()


FILES = {
    "empty": (b"", 3, "t.csv is empty"),
    "header only": (b"x,y\n", 3, "t.csv has no rows below its names"),
    "no header": (table(head="1,2"), 3, "first line of t.csv holds numbers"),
    "one row": (table(body=["1,a"]), 3, "'y' of t.csv has one value"),
    "two rows": (table(body=["1,2.5", "2,3.5"]), 3, "cannot split a validation set off t.csv"),
    "no text": (table() + b"\n\x81,a\n1,\x8d", 3, "cp1252 at line 42 and line 43"),
    "NUL": (table() + b"\n1,\0\n\0,b", 3, "NUL bytes at line 42 and line 43"),
    "half UTF-16": (table().decode().encode("utf-16")[:-1], 3, "utf-16 at line 41"),
    "short and long rows": (table("1", "1,2,3"), 3, "line 42 has 1 and line 43 has 3"),
    "many short rows": (table(*"1" * 25), 3, "line 61 has 1 and 5 more"),
    "names twice": (table(head="y,y"), 3, "t.csv names 'y' more than once"),
    "an open quote": (table('1,"a', "2,b"), 3, "cannot be read at line 42: unexpected end"),
    "a huge value": (table("1," + "a" * 200_000), 3, "line 42: field larger than"),
    "a huge line": (table(",".join("a" * 9_000)), 3, "but line 42 has 9000"),
    "another delimiter": (table(), 3, "t.csv has no column 'y' — choose from x,y"),
    "no target": (table(head="x,z"), 3, "t.csv has no column 'y'"),
    "no target in rows": (table("1,", "2,NA"), 3, "'y' of t.csv is missing: None at line 42"),
    "one class": (table(body=["1,a", "2,a"] * ROWS), 3, "'y' of t.csv has one value"),
    "a class of one row": (table("1,c"), 3, "cannot split a test set off t.csv"),
    "dates to predict": (table(body=[f"1,2026-01-{n:02}" for n in range(1, 29)]), 3, "'y' holds 28 different dates"),
    "names to predict": (table(body=[f"1,name {n}" for n in range(200)]), 3, "'y' holds 200 different texts"),
    "a word among numbers": (table(*(f"{n},a" for n in range(90, 150)), "?1,a", "?2,b"), 3, "are numbers, but '?1' at line 102 and '?2' at line 103"),
    "a number too large": (table("1e308,a", "-1e308,b"), 3, "too large to be standardised"),
    "no number": (table(body=["inf,a", "1,b"] * ROWS), 3, "'inf' at line 2"),
    "commas that may be both": (table(body=['"1,234",a', '"5,678",b'] * ROWS), 3, "'1,234' in 'x' of t.csv may have"),
    "days that may be months": (table(body=["01/02/2026,a", "03/04/2026,b"] * ROWS), 3, "the day and the month of '01/02/2026'"),
    "nothing to learn from": (table(body=["1,a", "1,b"] * ROWS), 3, "t.csv has no column to learn from"),
    "no gzip": (table(), 3, "is damaged or not a gzip file"),
    "half a gzip": (gzip.compress(table())[:-9], 3, "is damaged or not a gzip file"),
    "a bomb": (gzip.compress(b"x,y\n" + b"1,a\n" * (1 << 24), 1), 7, "expands to more than 20 times"),
    "no Parquet": (table(), 3, "t.parquet is damaged or not Parquet"),
}  # fmt: skip
NAMES = {
    "no gzip": "t.csv.gz",
    "half a gzip": "t.csv.gz",
    "a bomb": "t.csv.gz",
    "no Parquet": "t.parquet",
}
SETTINGS = {
    "a number too large": ("data.scaling=standard",),
    "another delimiter": ("data.delimiter=;",),
    "no number": ('data.numbers=["x"]',),
}


@pytest.mark.parametrize("fault", FILES)
def test_files(fault: str):
    content, code, message = FILES[fault]
    name = NAMES.get(fault, "t.csv")
    Path(name).write_bytes(content)
    flags = [part for text in SETTINGS.get(fault, ()) for part in ("--set", text)]
    ended, said = verb("train", "--data", name, "--target", "y", *flags)
    assert (ended, message in said) == (code, True), said
    [line] = [line for line in said.splitlines() if line.startswith("error: ")]
    assert " — " in line
    assert not Path("runs").exists()


NUMBERS = table(body=[f"{n / 4},{n % 3}" for n in range(ROWS)])
LABELS = [
    (NUMBERS, ("data.num_classes=2",), 3, "3 classes"),
    (NUMBERS, ("data.num_classes=2", "data.task=regression"), 2, "data.num_classes"),
    (table(), ("data.task=regression",), 3, "'y' of t.csv holds numbers, but 'a' at line 2"),
    (table("1,1e999"), ("data.task=regression",), 3, "but 'a' at line 2, 'b' at line 3"),
    (NUMBERS + b"\n1,1e999", ("data.task=regression",), 3, "but '1e999' at line 42"),
    (NUMBERS + b"\n1,", ("data.task=regression",), 3, "is missing: None at line 42"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "texts", "code", "message"), LABELS)
def test_labels(content: bytes, texts: tuple[str, ...], code: int, message: str):
    Path("t.csv").write_bytes(content)
    flags = [part for text in texts for part in ("--set", text)]
    ended, said = verb("train", "--data", "t.csv", "--target", "y", *flags)
    assert (ended, message in said) == (code, True), said


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        (b"x\n1\n2\n", 0, "2 predictions in p.csv"),
        (b"", 3, "new.csv is empty"),
        (b"z\n1\n", 3, "new.csv lacks the columns 'x'"),
        (b"x\n1\nold\nolder\n", 3, "holds numbers, but 'old' at line 3 and 'older' at"),
        (b"x\n1e30\n", 3, "'x' of new.csv is '1e30' at line 2, too far from"),
    ],
)
def test_new_rows(content: bytes, code: int, message: str, run: Path):
    Path("new.csv").write_bytes(content)
    given = ("predict", str(run), "--data", "new.csv", "--output", "p.csv")
    ended, said = verb(*given)
    assert (ended, message in said) == (code, True), said


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    (folder / "t.csv").write_bytes(table())
    given = ("--data", str(folder / "t.csv"), "--target", "y", "--epochs", "1")
    given += ("--set", "data.scaling=standard")
    assert verb("train", *given, "--run-dir", str(folder / "run"))[0] == 0
    return folder / "run"
