"""Values of a config that come from Python."""

from pathlib import Path

import numpy as np
import pytest

from kerasdl import config as configs
from kerasdl.config import Setting, toml_value
from kerasdl.errors import ConfigError, InvalidConfigError


def test_numpy_values_and_names_are_those_of_toml():
    weights = {np.str_("bad"): np.float64(5), 1: np.int32(1)}
    found = toml_value("training.class_weights", weights)
    assert found == {"bad": 5.0, "1": 1}
    assert [*map(type, found.values())] == [float, int]
    assert toml_value("k", (np.bool_(True), np.arange(2))) == [True, [0, 1]]
    assert toml_value("k", np.array([np.int8(3), "a"], object)) == [3, "a"]
    assert toml_value("k", "text") == "text"


def test_names_that_are_the_same_text():
    with pytest.raises(ConfigError, match=r"two names in class_weights are .*1: 2\.0"):
        toml_value("class_weights", {1: 2.0, "1": 3.0})


@pytest.mark.parametrize("value", [{1, 2}, [object()], Path("a")])
def test_what_toml_does_not_have_is_refused_with_all_other_errors(value: object):
    keys = {"model.hidden_units": value, "training.epochs": 0}
    settings = [Setting(key, toml_value(key, v), key) for key, v in keys.items()]
    with pytest.raises(InvalidConfigError) as refused:
        configs.load("mlp", settings=settings)
    assert [str(fault).split()[0] for fault in refused.value.faults] == [*keys]
