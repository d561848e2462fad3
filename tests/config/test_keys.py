import dataclasses

import pytest
from click.testing import CliRunner

from kerasdl import config as configs
from kerasdl import registry
from kerasdl.cli.keys import command as verb
from kerasdl.config.keys import keys, meanings, tables
from kerasdl.errors import ConfigError
from tests.cli.helpers import assert_fails, kerasdl


def test_every_key_says_what_it_means():
    told = keys()
    assert {key.table for key in told} == set(tables())
    for key in told:
        assert key.meaning, key
        assert key.type, key


@pytest.mark.parametrize("name", registry.REGISTRIES)
def test_every_choice_is_listed(name: str):
    listed = {key.choice for key in keys()}
    if name not in ("tasks", "layers"):  # which have no tables of their own
        key = "kind" if name == "kinds" else "name"
        assert {f'{key} = "{choice}"' for choice in registry.names(name)} <= listed


def test_a_default_is_what_a_config_has():
    loaded = dataclasses.asdict(configs.load())
    for key in keys("training"):
        assert loaded["training"][key.key] == key.default


def test_a_range_is_told():
    [epochs] = [key for key in keys("training") if key.key == "epochs"]
    assert epochs.type == "an integer, 1 ≤ value ≤ 1000"
    assert epochs.meaning == "Passes over the training split, at most."
    assert "validation_fraction" in meanings(registry.find("kinds", "text"))


def test_a_default_declared_again_keeps_its_meaning():
    told = {key.choice: key for key in keys("model") if key.key == "epsilon"}
    assert told['name = "bert"'].default == 1e-12
    assert told['name = "gpt"'].default == 1e-5
    meaning = "Added to the variance in normalisation."
    families = ("bert", "gpt", "llama", "vit")
    assert {told[f'name = "{each}"'].meaning for each in families} == {meaning}


def test_the_verb():
    done = kerasdl("keys", "schedule")
    assert '[schedule]  name = "one-cycle"' in done.stdout
    assert "pct_start = 0.3" in done.stdout
    assert "0 < value < 1" in done.stdout
    assert_fails(kerasdl("keys", "schedul"), 2, "did you mean schedule?")
    with pytest.raises(ConfigError):
        keys("nope")


def test_a_default_is_one_line_of_toml():
    shown = CliRunner().invoke(verb, ["model"]).output
    assert "\n  hidden_units = [256, 128]\n" in shown
    assert '\n  name = "mlp"\n' in shown
