"""No text of a stranger's moves the terminal."""

import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from kerasdl import cli
from kerasdl.errors import printable

HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b1m\u202egpj.exe\r\x00"


def test_control_characters_are_escaped():
    shown = printable(HOSTILE)
    assert shown == (r"\x1b]0;owned\x07\x1b[2J\x9b1m\u202egpj.exe\r\x00")
    kept = "Größe 日本 🙂 a\tb\nc — ½"
    assert printable(kept) == kept


def test_every_control_character():
    for code in range(sys.maxunicode + 1):
        if unicodedata.category(chr(code)) == "Cc" and chr(code) not in "\t\n":
            assert printable(chr(code)).isprintable(), hex(code)


@pytest.mark.parametrize(
    "arguments",
    [
        ["evaluate", f"runs/{HOSTILE[:-1]}"],
        ["train", "--preset", HOSTILE[:-1]],
        ["train", "--preset", "mlp", "--set", f"model.{HOSTILE[:-1]}=1"],
        ["train", "--preset", "mlp", "--data", f"{HOSTILE[:-1]}.npz"],
        [HOSTILE[:-1]],
        ["runs", f"--{HOSTILE[:-1]}"],
    ],
    ids=lambda arguments: arguments[0][:8].strip(),
)
def test_no_verb_prints_one(tmp_path: Path, arguments: list[str]):
    command = [sys.executable, "-m", "kerasdl", *arguments]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode in (2, 3)
    assert b"\\x1b" in done.stderr
    for escape in (b"\x1b", b"\x07", "\x9b".encode(), "\u202e".encode()):
        assert escape not in done.stderr + done.stdout


def test_everything_is_printed_by_one_function():
    for path in Path(cli.__file__).parent.glob("*.py"):
        bare = re.search(r"click\.echo|(?<![.\w])(?<!def )print\(", path.read_text())
        assert path.name == "printing.py" or not bare, path.name


def test_runs_with_a_name_like_that(tmp_path: Path):
    folder = tmp_path / "runs" / HOSTILE[:-1].replace("/", "")
    folder.mkdir(parents=True)
    (folder / "config.toml").touch()
    (folder / "result.json").write_text('{"status": "a\\u001b[31mb"}')
    command = [sys.executable, "-m", "kerasdl", "runs"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0
    assert b"\x1b" not in done.stdout
    assert done.stdout.count(b"\\x1b") >= 2
    assert os.fsdecode(done.stdout)
