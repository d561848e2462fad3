"""Configs: their schema, presets, and how they are resolved."""

from kerasdl.config.load import Setting, load, parse_setting, sets, to_toml
from kerasdl.config.schema import Config

__all__ = [
    "Config",
    "Setting",
    "load",
    "parse_setting",
    "sets",
    "to_toml",
]
