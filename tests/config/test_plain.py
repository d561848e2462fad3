"""Values of a config that come from Python."""

import numpy as np
import pytest

from kerasdl.config import plain
from kerasdl.errors import ConfigError


def test_numpy_values_and_names_are_those_of_toml():
    weights = {np.str_("bad"): np.float64(5), 1: np.int32(1)}
    found = plain(weights)
    assert found == {"bad": 5.0, "1": 1}
    assert [*map(type, found.values())] == [float, int]
    assert plain((np.bool_(True), np.arange(2))) == [True, [0, 1]]
    assert plain("text") == "text"


@pytest.mark.parametrize("value", [{1, 2}, {1: 2.0, "1": 3.0}, [object()]])
def test_what_toml_does_not_have(value: object):
    with pytest.raises(ConfigError):
        plain(value)
