"""Whatever becomes of a table, it is read right or refused in one line."""

import contextlib
import csv
import gzip
import io
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from kerasdl import config as configs
from kerasdl.data.kinds.table import TableKind
from kerasdl.data.table.table import Table
from kerasdl.errors import DataError, UnsafeError
from kerasdl.jobs.dataset import prepare
from tests.mutations import bent
from tests.time_limit import HangError, limited

SECONDS, BYTES = 10, 1 << 28
ROWS = 60
NAMES = ["size", "city", "seen", "note", "share", "y"]


def rows() -> list[list[str]]:
    body = [
        [
            "" if n % 9 == 0 else f"{n * 37 % 101 / 4}",
            ("Bonn", "Köln", "NA")[n % 3],
            f"2026-01-{1 + n % 28:02}",
            f'say "{n}", twice\nor not',
            f"{n} %",
            ("no", "yes")[n % 2],
        ]
        for n in range(ROWS)
    ]
    return [NAMES, *body]


def delimited(delimiter: str) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows())
    return text.getvalue().encode()


def of_parquet(**options: Any) -> bytes:
    head, *body = rows()
    columns: dict[str, Any] = dict(zip(head, zip(*body, strict=True), strict=True))
    columns["size"] = [float(text) if text else None for text in columns["size"]]
    columns["flag"] = [n % 2 == 0 for n in range(ROWS)]
    columns["day"] = np.arange(ROWS).astype("datetime64[D]")
    columns["list"] = [[n] for n in range(ROWS)]
    columns["kind"] = pa.array(columns["city"]).dictionary_encode()
    content = io.BytesIO()
    parquet.write_table(pa.table(columns), content, **options)
    return content.getvalue()


def templates() -> list[tuple[str, bytes]]:
    plain = {"use_dictionary": False, "column_encoding": {"note": "DELTA_BYTE_ARRAY"}}
    return [
        ("t.csv", delimited(",")),
        ("t.csv", delimited(";")),
        ("t.tsv", delimited("\t")),
        ("t.csv.gz", gzip.compress(delimited(","), mtime=0)),
        ("t.parquet", of_parquet()),
        ("t.parquet", of_parquet(compression="none", write_page_checksum=True)),
        ("t.parquet", of_parquet(data_page_version="2.0", row_group_size=25, **plain)),
    ]


def at_a_line(draw: random.Random, content: bytes, change: Callable) -> bytes:
    lines = content.split(b"\n")
    number = draw.choice([0, draw.randrange(len(lines))])
    lines[number] = change(lines[number])
    return b"\n".join(lines)


def encoded(draw: random.Random, content: bytes) -> bytes:
    name = draw.choice(
        ["utf-16", "utf-32", "utf-8-sig", "latin-1", "utf-16-be", "cp037"]
    )
    return content.decode(errors="replace").encode(name, errors="replace")


TEXT_MUTATIONS: list[Callable[[random.Random, bytes], bytes]] = [
    lambda draw, content: at_a_line(draw, content, lambda line: line.replace(b",", b",,", 1)),
    lambda draw, content: at_a_line(draw, content, lambda line: line + draw.choice([b",", b";", b'"', b"\0", b"\r"])),
    lambda draw, content: at_a_line(draw, content, lambda line: line + b"\n" + line),
    lambda draw, content: at_a_line(draw, content, lambda line: b""),
    lambda draw, content: at_a_line(draw, content, lambda line: line[: len(line) // 2]),
    lambda draw, content: at_a_line(draw, content, lambda line: line.replace(b"2", draw.choice([b"9" * 400, b"1e999", b"1" * 150_000, b"\xd9\xa3", b"inf", b"-1e308"]))),
    lambda draw, content: content.replace(b"\n", draw.choice([b"\r\n", b"\r", b"\n\n", b"\n\r", b" \n"])),
    lambda draw, content: content.replace(draw.choice([b",", b'"', b"%", b"-", b"no"]), draw.choice([b";", b"\t", b"", b"'", b"|"]), draw.choice([1, -1])),
    lambda draw, content: b"\n".join([*content.split(b"\n")[: draw.choice([0, 1, 2, 4])], b""]),
    lambda draw, content: content.partition(b"\n")[2],
    lambda draw, content: content + content,
    encoded,
    bent,
]  # fmt: skip


def mutated(draw: random.Random) -> tuple[str, bytes]:
    """Return the name and the content of a table that something has become of."""
    name, content = draw.choice(templates())
    if name == "t.parquet":
        return name, bent(draw, content)
    if name == "t.csv.gz" and draw.random() < 0.7:
        changed = draw.choice(TEXT_MUTATIONS)(draw, gzip.decompress(content))
        return name, gzip.compress(changed, mtime=0)
    for _ in range(draw.choice([1, 1, 1, 3])):
        content = draw.choice(TEXT_MUTATIONS)(draw, content)
    return name, content


def texts_of(content: bytes) -> Iterator[str]:
    """Yield what bytes may mean as text."""
    if content.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        encodings = ["utf-32"]
    elif content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        with contextlib.suppress(UnicodeError):
            yield content.decode(encoding)
            return


def readings(content: bytes) -> Iterator[list[list[str | None]]]:
    """Yield the columns that the standard library reads, by each delimiter."""
    for text in texts_of(content):
        for delimiter in ",;\t|":
            with contextlib.suppress(csv.Error, ValueError):
                lines = io.StringIO(text, newline="")
                reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
                _, *body = [[v.strip() or None for v in row] for row in reader if row]
                yield [list(column) for column in zip(*body, strict=True)]


def check_read(table: Table, path: Path) -> None:
    """Check a table against what others read."""
    if path.suffix == ".parquet":
        expected = parquet.read_table(path, columns=[*table.columns])
        names = parquet.read_schema(path).names
        assert len(table) == len(expected)
        assert {*table.columns, *table.unreadable} == {name.strip() for name in names}
        return
    content = path.read_bytes()
    content = gzip.decompress(content) if path.suffix == ".gz" else content
    columns = [column.tolist() for column in table.columns.values()]
    assert columns in [*readings(content)]


def one_mutation(seed: int) -> str:
    """Read a mutated table as a run does, and return how it ended."""
    name, content = mutated(random.Random(seed))
    path = Path(name)
    path.write_bytes(content)
    try:
        with limited(SECONDS):
            kind = TableKind(name=name, target="y")
            kind.check_source()
            suggested = kind.infer_task(None, kind.preview())
            task, _ = suggested or ("classification", "")
            chosen = ["data.kind=table", "data.target=y", f"data.task={task}"]
            config = configs.load(
                "mlp-tabular", settings=[f"data.name={name}", *chosen]
            )
            raw = config.data.read()
            check_read(raw.table, path)
            prepare(raw, config)
    except (DataError, UnsafeError) as fault:
        [line] = fault.lines()
        assert " — " in line
        assert "\n" not in line
        return "refused"
    return "read"


def fuzz(seeds: range) -> None:
    faults, ends = [], []
    for seed in seeds:
        try:
            ends.append(one_mutation(seed))
        except (Exception, HangError) as fault:  # noqa: BLE001  of any kind
            faults.append(f"seed {seed}: {fault!r}"[:1000])
    assert not faults, "\n\n".join(faults)
    assert pa.default_memory_pool().max_memory() < BYTES
    assert min(ends.count("read"), ends.count("refused")) > len(seeds) // 10


def test_what_becomes_of_tables():
    fuzz(range(100))


@pytest.mark.slow
def test_what_becomes_of_many_tables():
    fuzz(range(100, 3000))
