"""Configs: their schema, presets, and how they are resolved."""

from kerasdl.config.load import (
    Setting,
    family_of,
    load,
    load_data,
    parse_setting,
    sets,
    to_toml,
)
from kerasdl.config.schema import Config
from kerasdl.config.toml_value import toml_value

__all__ = [
    "Config",
    "Setting",
    "family_of",
    "load",
    "load_data",
    "parse_setting",
    "sets",
    "to_toml",
    "toml_value",
]
