from pathlib import Path

import pytest

from kerasdl import config as configs
from kerasdl.config import presets
from kerasdl.errors import ConfigError


def test_a_preset_of_the_users_own_comes_first(tmp_path: Path):
    (tmp_path / "presets").mkdir()
    (tmp_path / "presets" / "mlp.toml").write_text("[training]\nepochs = 7\n")
    assert configs.load("mlp").training.epochs == 7


def test_unknown_names_get_a_suggestion():
    with pytest.raises(ConfigError, match="did you mean mlp"):
        presets.find("mpl")


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "MLP", "", "a" * 70])
def test_names_cannot_reach_elsewhere(name: str):
    with pytest.raises(ConfigError, match="unknown preset"):
        presets.find(name)


def test_what_is_no_preset_is_not_listed(tmp_path: Path):
    shipped = set(presets.names())
    (tmp_path / "presets" / "folder.toml").mkdir(parents=True)
    (tmp_path / "presets" / "Odd Name.toml").touch()
    (tmp_path / "presets" / "mine.toml").touch()
    assert set(presets.names()) == {"mine"} | shipped
    assert "mlp" in shipped
