"""A short way to a config."""

from kerasdl import config as configs
from kerasdl.config import Config, parse_setting


def config(preset: str | None = "mlp", *texts: str) -> Config:
    return configs.load(preset, settings=[parse_setting(text) for text in texts])
