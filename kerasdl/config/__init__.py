"""What a run is made of: schema, presets, and how a config is resolved."""

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
