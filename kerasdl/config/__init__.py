"""Configs: their schema, presets, and how they are resolved."""

from kerasdl.config.load import Setting, load, load_data, parse_setting, sets, to_toml
from kerasdl.config.plain import plain
from kerasdl.config.schema import Config

__all__ = [
    "Config",
    "Setting",
    "load",
    "load_data",
    "parse_setting",
    "plain",
    "sets",
    "to_toml",
]
