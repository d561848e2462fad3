"""Whatever a preset holds ends at once, in an error about the config."""

import os
from pathlib import Path

import pytest

from kerasdl import config as configs
from kerasdl.errors import ConfigError

FILES = {
    "a key of 200,000 parts": "[model]\n" + ".".join(["a"] * 200_000) + " = 1\n",
    "a table of 200,000 parts": "[" + ".".join(["a"] * 200_000) + "]\nx = 1\n",
    "quoted parts": "[model]\n" + " . ".join(['"a"'] * 200_000) + " = 1\n",
    "a number of 5,000 digits": f"[training]\nseed = {'9' * 5000}\n",
    "a zero byte in a path": 'extends = "a\\u0000.toml"\n',
    "a zero byte": "[training]\nseed = \0\n",
    "no UTF-8": b"[about]\npaper = '\xff'\n",
    "deep brackets": "[model]\nfilters = " + "[" * 100_000 + "\n",
    "deep tables": "[model]\nfilters = " + "{a=" * 100_000 + "\n",
    "too long": "#" * (1 << 20) + "\n",
    "a date": "[training]\nseed = 1979-05-27\n",
    "infinity": "[training]\nepochs = inf\n",
}


@pytest.mark.parametrize("content", FILES.values(), ids=FILES)
def test_a_file(content: str | bytes):
    encoded = content if isinstance(content, bytes) else content.encode()
    Path("preset.toml").write_bytes(encoded)
    for given in ({"preset": "preset.toml"}, {"file": Path("preset.toml")}):
        with pytest.raises(ConfigError) as caught:
            configs.load(**given)
        assert len(str(caught.value)) < 1000


def test_links_that_lead_to_themselves(tmp_path: Path):
    (tmp_path / "loop.toml").symlink_to(tmp_path / "loop.toml")
    (tmp_path / "child.toml").write_text('extends = "loop.toml"\n')
    for name in ("loop", "child"):
        with pytest.raises(ConfigError, match=r"loop\.toml"):
            configs.load(str(tmp_path / f"{name}.toml"))


@pytest.mark.parametrize("place", ["preset.toml", "presets/mine.toml"])
def test_what_is_no_file(place: str):
    Path("presets").mkdir()
    os.mkfifo(place)
    name = place if "/" not in place else "mine"
    with pytest.raises(ConfigError):
        configs.load(name)


def test_a_sparse_file_is_not_read_whole():
    with Path("preset.toml").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(ConfigError, match="larger than 1 MiB"):
        configs.load("preset.toml")


def test_a_number_of_5000_digits_on_the_command_line():
    with pytest.raises(ConfigError, match=r"training\.seed"):
        configs.load("mlp", settings=[f"training.seed={'9' * 5000}"])
