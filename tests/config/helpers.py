"""What the tests of configs share."""

import pytest

from kerasdl import config as configs
from kerasdl.config import Setting
from kerasdl.errors import InvalidConfigError


def settings(*texts: str) -> list[Setting]:
    return [configs.parse_setting(text) for text in texts]


def faults(*texts: str) -> list[str]:
    with pytest.raises(InvalidConfigError) as caught:
        configs.load("mlp", settings=settings(*texts))
    return caught.value.lines()
