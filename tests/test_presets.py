"""Every preset says what it is, and resolves."""

from pathlib import Path

import pytest

from kerasdl import config as configs
from kerasdl.config.presets import names, read

PRESETS = sorted((Path(__file__).parents[1] / "presets").glob("*.toml"))


def test_all_are_listed():
    assert {path.stem for path in PRESETS} <= set(names())


@pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.stem)
def test_opens_with_what_it_is(path: Path):
    about = configs.load(str(path)).about
    assert about.summary
    assert about.source
    command, _, data = about.command.partition(" --data ")
    assert command == f"kerasdl train --preset {path.stem}"
    trained = "not trained here" not in about.measured
    assert trained == (not data) == ("CPU cores, 20" in about.measured)
    assert trained == bool(configs.load(str(path)).data.name)
    first = next(key for key in read(path) if key != "extends")
    assert first == "about"
