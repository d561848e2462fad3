"""Values of a config that come from Python."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from kerasdl.errors import ConfigError


def plain(value: Any) -> Any:
    """Return a value as TOML has it: NumPy's scalars and arrays are Python's.

    Names of a table become texts, since TOML has no others: class 1 is `"1"`.

    Raises:
        ConfigError: If a type has no such value, or two names are the same text.
    """
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [*map(plain, value)]
    if isinstance(value, Mapping):
        table = {str(plain(name)): plain(each) for name, each in value.items()}
        if len(table) < len(value):
            what = f"two names are the same text in {dict(value)}"
            raise ConfigError(what, "name each once")
        return table
    if value is None or isinstance(value, str | bool | int | float):
        return value
    what = f"a {type(value).__name__} is no value of a config"
    raise ConfigError(what, "give text, a number, a list or a dictionary")
