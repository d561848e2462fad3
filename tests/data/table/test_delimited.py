"""CSV and TSV files as people have them, and what is wrong with others."""

import gzip
from pathlib import Path

import pytest

from kerasdl.data.table.delimited import read_delimited
from kerasdl.errors import DataError, UnsafeError

GOOD = "city,size\nBonn,3\nKöln,11\n"
EXPECTED = {"city": ["Bonn", "Köln"], "size": ["3", "11"]}


def read(content: str | bytes, name: str = "t.csv", **given: str):
    if isinstance(content, str):
        content = content.encode()
    Path(name).write_bytes(content)
    return read_delimited(Path(name), **given)


def values(table) -> dict[str, list]:
    return {name: column.tolist() for name, column in table.columns.items()}


@pytest.mark.parametrize(
    ("content", "notes"),
    [
        (GOOD, 0),
        (GOOD.replace(",", ";"), 1),
        (GOOD.replace(",", "\t"), 1),
        (GOOD.replace(",", " | "), 1),
        (GOOD.replace("\n", "\r\n"), 0),
        (GOOD.replace("\n", "\r"), 0),
        (GOOD.replace("\n", "\n\n"), 0),
        ('"city", "size"\n' + GOOD.partition("\n")[2], 0),
        (" city , size \n Bonn , 3\nKöln,11 ", 0),
        (GOOD.encode("utf-8-sig"), 0),
        (GOOD.encode("utf-16"), 0),
        (GOOD.encode("utf-32"), 0),
        (GOOD.encode("cp1252"), 1),
    ],
)
def test_what_is_recognised(content: str | bytes, notes: int):
    table = read(content)
    assert values(table) == EXPECTED
    assert len(table.notes) == notes


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ("a;y\n" + "1,5;3,25\n" * 40, ["a", "y"]),
        ("a, b;c, d\n" + "1,5;3,25\n" * 40, ["a, b", "c, d"]),
        ("n,t\n" + "1,Action|War|X\n" * 40, ["n", "t"]),
        ("n,t\n" + "1,a;b\n" * 40, ["n", "t"]),
        ("a,b\n" + "1,2\n" * 9 + "1,2,3\n", None),
    ],
)
def test_a_delimiter_is_that_of_the_header(content: str, names: list | None):
    if names is None:
        with pytest.raises(DataError, match="line 11 has 3"):
            read(content)
    else:
        assert [*values(read(content))] == names


def test_the_mark_of_an_encoding_that_is_given():
    assert values(read(GOOD.encode("utf-8-sig"), encoding="UTF8")) == EXPECTED


def test_text_that_cannot_be_written_again():
    with pytest.raises(DataError, match="NUL or half a character at line 2 and line 4"):
        read("a,b\n\\ud800,1\n2,3\n4,\\x00\n", encoding="unicode_escape")
    with pytest.raises(DataError, match=r"half a character in the names 'b\\ud800'"):
        read("a,b\\ud800\n1,2\n", encoding="unicode_escape")


def test_what_the_name_says():
    assert values(read(GOOD.replace(",", "\t"), "t.tsv")) == EXPECTED
    assert values(read(GOOD, "T.CSV")) == EXPECTED
    compressed = gzip.compress(GOOD.encode())
    assert values(read(compressed, "t.csv.gz")) == EXPECTED


def test_what_is_told():
    content = GOOD.replace(",", "#").encode("latin-1")
    assert values(read(content, delimiter="#", encoding="latin-1")) == EXPECTED


def test_a_row_keeps_the_line_where_it_begins():
    table = read('a,b\n\n"two\nlines",1\nx,2\n')
    assert values(table) == {"a": ["two\nlines", "x"], "b": ["1", "2"]}
    assert table.lines.tolist() == [3, 5]


def test_one_column_needs_no_delimiter():
    assert values(read("a\n1\n2\n")) == {"a": ["1", "2"]}


def test_empty_values_and_names():
    table = read(',"a b",c\n0,,x\n1, ,\n')
    assert values(table) == {
        "column 1": ["0", "1"],
        "a b": [None, None],
        "c": ["x", None],
    }


def test_one_column_alone():
    assert values(read_delimited(_written(GOOD), only=("size",))) == {
        "size": EXPECTED["size"]
    }


def _written(content: str) -> Path:
    Path("t.csv").write_text(content)
    return Path("t.csv")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "t.csv is empty"),
        ("a,b\n", "t.csv has no rows below its names"),
        ("\n \n\n", "t.csv has no rows below its names"),
        ("a,b\n1,2\n3\n4,5,6\n", "has 2 columns, but line 3 has 1 and line 4 has 3"),
        (
            "a,b\n" + "1\n" * 25,
            "line 2 has 1, line 3 has 1, .*, line 21 has 1 and 5 more",
        ),
        ("a,b,a\n1,2,3\n", "names 'a' more than once"),
        ("1,2\n3,4\n", "first line of t.csv holds numbers, not the names"),
        (b"a,b\n1,2\n3,\x00\n4,5\n\x00,\x00", "NUL bytes at line 3 and line 5"),
        ('a,b\n1,"2\n3,4\n', "cannot be read at line 2: unexpected end of data"),
        ('a,b\n1,"2"x\n', "cannot be read at line 2: ',' expected after '\"'"),
        ("a,b\n1," + "x" * 200_000 + "\n", "line 2: field larger than field limit"),
        (b"a,b\n1,2\n\x81\x8d,4\n", "cannot be decoded as cp1252 at line 3 — set"),
        (
            b"a,b\n" + b"1,\x81\n" * 30,
            "cp1252 at line 2, line 3, .*, line 21 and 10 more — set data.encoding",
        ),
        (b"\xef\xbb\xbfa,b\n1,2\n3,\xe9\n", "cannot be decoded as utf-8.* at line 3"),
        ("a,b\n1,2\n3,4".encode("utf-16")[:-1], "decoded as utf-16 at line 3"),
        (",".join("abc") + "," * 200_000 + "\n", "has 200,003 columns — give at most"),
    ],
)
def test_what_is_wrong_is_named_by_line(content: str | bytes, message: str):
    with pytest.raises(DataError, match=message):
        read(content)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv.gz", GOOD.encode(), "not a gzip file"),
        ("t.csv.gz", gzip.compress(GOOD.encode(), mtime=0)[:-9], "is damaged"),
    ],
)
def test_damaged_archives(name: str, content: bytes, message: str):
    with pytest.raises(DataError, match=message):
        read(content, name)


def test_a_bomb_is_not_expanded():
    bomb = gzip.compress(b"a,b\n" + b"1,2\n" * (1 << 24), 1)
    with pytest.raises(UnsafeError, match="expands to more than 20 times"):
        read(bomb, "t.csv.gz")


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "utf-16-le", "shift-jis"])
def test_bytes_that_a_given_encoding_does_not_have(encoding: str):
    lines = ["a,b", "1,2", "x,3", "4,5", "x,6"]
    content = "\n".join(lines).encode(encoding)
    wrong = {"utf-16-le": b"\0\xd8", "shift-jis": b"\x80"}.get(encoding, b"\xff")
    content = content.replace("x".encode(encoding), wrong)
    message = f"cannot be decoded as {encoding}.* at line 3 and line 5"
    with pytest.raises(DataError, match=message):
        read(content, encoding=encoding)


def test_no_such_file():
    with pytest.raises(DataError, match=r"nowhere\.csv does not exist"):
        read_delimited(Path("nowhere.csv"))


def test_a_digest_is_that_of_names_and_values():
    contents = [
        "a,b\n1,2\n3,\n",
        "a,c\n1,2\n3,\n",
        "a,b\n1,2\n,3\n",
        "a,b\n1,23\n,\n",
        "b,a\n1,2\n3,\n",
    ]
    assert len({read(content).sha256() for content in contents}) == len(contents)
    assert read(contents[0]).sha256() == read(contents[0].replace(",", ";")).sha256()
