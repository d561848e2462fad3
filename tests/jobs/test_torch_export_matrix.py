"""What each format holds, as `docs/export.md` says."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from kerasdl.exports.formats import FORMATS
from tests.cli.helpers import kerasdl
from tests.jobs.helpers import verb
from tests.pages import ROOT

MARK = {"yes": 0, "no": 2}
SHORT = ("--epochs", "1", "--set", "training.examples=200")
DATA = {"bert-mlm-tiny": ("--data", "python-docstrings")}
"""Of presets that have none."""


def table() -> dict[str, dict[str, str]]:
    """Return what the page says of each preset and format."""
    lines = (ROOT / "docs" / "export.md").read_text().splitlines()
    head = next(n for n, line in enumerate(lines) if line.startswith("| preset |"))
    names = re.findall(r"`([\w-]+)`", lines[head])
    rows = {}
    for line in lines[head + 2 :]:
        if not line.startswith("|"):
            break
        preset, *cells = [cell.strip(" `") for cell in line.strip("|").split("|")]
        rows[preset] = dict(zip(names, cells, strict=True))
    return rows


@pytest.mark.slow
@pytest.mark.parametrize("preset", table())
def test_every_preset_is_held_as_the_table_says(preset: str) -> None:
    flags = ("--preset", preset, *DATA.get(preset, ()), *SHORT, "--run-dir", "run")
    code, said = verb("train", *flags)
    assert code == 0, said
    for form, mark in table()[preset].items():
        if not all(map(find_spec, FORMATS[form].packages)):
            continue
        done = kerasdl("export", "run", "--format", form, "--output", form)
        assert done.returncode == MARK[mark], (form, done.stderr)
        assert Path(form).exists() == (mark == "yes")


def test_the_table_names_each_format() -> None:
    for row in table().values():
        assert row.keys() == FORMATS.keys()
