"""Find presets: shipped ones, the user's own in `./presets`, and files by path."""

import re
import tomllib
from pathlib import Path
from typing import Any

from kerasdl.config.check import suggestion
from kerasdl.errors import ConfigError

NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}(/[a-z0-9][a-z0-9_.-]{0,63})?")
MAX_BYTES = 1 << 20

_PACKAGE = Path(__file__).resolve().parent.parent


def folders() -> list[Path]:
    """Return the folders searched, the user's own first."""
    shipped = [_PACKAGE / "_presets", _PACKAGE.parent / "presets"]
    return [Path("presets"), *shipped]


def names() -> list[str]:
    """Return the name of every preset that can be run."""
    found = {path.stem for folder in folders() for path in folder.glob("*.toml")}
    return sorted(found)


def find(name: str) -> Path:
    """Return the file of a preset.

    Args:
        name: A preset's name, or the path of a TOML file.

    Raises:
        ConfigError: If there is none.
    """
    if name.endswith(".toml"):
        return Path(name)
    if NAME.fullmatch(name):
        for folder in folders():
            path = folder / f"{name}.toml"
            if path.is_file():
                return path
    raise ConfigError(f"unknown preset {name!r}", suggestion(name, names()))


def read(path: Path) -> dict[str, Any]:
    """Return the tables of a TOML file.

    Raises:
        ConfigError: If it cannot be read, or is not TOML.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError(f"{path} is larger than 1 MiB", "give a TOML config")
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as fault:
        mend = "check the path and its permissions"
        raise ConfigError(f"cannot read {path}: {fault.strerror}", mend) from fault
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise ConfigError(f"{path} is not TOML: {fault}", "mend that line") from fault
