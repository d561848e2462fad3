"""Values of a config that come from Python."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from kerasdl.errors import ConfigError


def toml_value(key: str, value: Any) -> Any:
    """Return a value as TOML has it: NumPy's scalars and arrays are Python's.

    Names of a table become texts, since TOML has no others: class 1 is `"1"`. What TOML
    does not have is returned as it is, for `load` to refuse it with all other errors.

    Args:
        key: The key that is set, for messages.
        value: Its value.

    Raises:
        ConfigError: If two names of a table are the same text.
    """
    if isinstance(value, np.generic | np.ndarray):
        return toml_value(key, value.tolist())
    if isinstance(value, list | tuple):
        return [toml_value(key, each) for each in value]
    if not isinstance(value, Mapping):
        return value
    table = {
        str(toml_value(key, name)): toml_value(key, each)
        for name, each in value.items()
    }
    if len(table) < len(value):
        what = f"two names in {key} are the same text: {dict(value)}"
        raise ConfigError(what, "name each once")
    return table
