"""Short ways to a config, a built-in set and an encoding."""

import json
from typing import Any

from kerasdl import config as configs
from kerasdl.config import Config, parse_setting
from kerasdl.data import Arrays, Encoding
from kerasdl.data.builtin import load_builtin
from kerasdl.jobs import encodings

load_arrays = load_builtin


def config(preset: str | None = "mlp", *texts: str) -> Config:
    return configs.load(preset, settings=[parse_setting(text) for text in texts])


def reread(encoding: Encoding) -> Encoding:
    """Return what becomes of an encoding on its way through a file."""
    values: Any = json.loads(json.dumps(encoding.to_json()))
    return encodings.from_json(values)


__all__ = ["Arrays", "config", "load_arrays", "reread"]
