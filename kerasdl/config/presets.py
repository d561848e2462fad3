"""Find presets: shipped ones, the user's in `./presets`, and files by path."""

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kerasdl.config.suggestion import suggestion
from kerasdl.errors import ConfigError

NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}(/[a-z0-9][a-z0-9_.-]{0,63})?")
MAX_BYTES = 1 << 20
DEEP = re.compile(r"(?:[\w\"'-]+\s*\.\s*){16}")
"""A dotted key of more than 16 parts, which takes quadratic time to parse."""

_PACKAGE = Path(__file__).resolve().parent.parent


def folders() -> list[Path]:
    """Return the folders searched, the user's own first."""
    shipped = _PACKAGE / "_presets"  # in a wheel; next to the package in a checkout
    return [
        Path("presets"),
        shipped if shipped.is_dir() else _PACKAGE.parent / "presets",
    ]


def names() -> list[str]:
    """Return the name of every preset that can be run."""
    files = (path for folder in folders() for path in folder.glob("*.toml"))
    stems = {path.stem for path in files if path.is_file()}
    return sorted(name for name in stems if NAME.fullmatch(name))


def find(
    name: str, relative_to: Path = Path(), except_for: Sequence[Path] = ()
) -> Path:
    """Return the file of a preset.

    Args:
        name: A preset's name, or the path of a TOML file.
        relative_to: The folder that a relative path starts from.
        except_for: Files that a name does not match, so that a user's preset can extend
            the shipped one of the same name.

    Raises:
        ConfigError: If no preset has the name.
    """
    if name.endswith(".toml"):
        return relative_to / name
    if NAME.fullmatch(name):
        for folder in folders():
            path = folder / f"{name}.toml"
            if path.is_file() and real(path) not in except_for:
                return path
    raise ConfigError(f"unknown preset {name!r}", suggestion(name, names()))


def read(path: Path) -> dict[str, Any]:
    """Return the tables of a TOML file.

    Raises:
        ConfigError: If it cannot be read, or is not TOML.
    """
    try:
        if path.exists() and not path.is_file():
            raise ConfigError(f"{path} is not a regular file", "give a TOML config")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise ConfigError(f"{path} is larger than 1 MiB", "give a TOML config")
        text = content.decode()
        if DEEP.search(text):
            raise ConfigError(
                f"{path} has keys of more than 16 parts", "give a TOML config"
            )
        return tomllib.loads(text)
    except OSError as fault:
        hint = "check the path and its permissions"
        raise ConfigError(f"cannot read {path}: {fault.strerror}", hint) from fault
    except (
        ValueError,
        RecursionError,
    ) as fault:  # also raised for numbers of 5,000 digits
        raise ConfigError(f"{path} is not TOML: {fault}", "fix that line") from fault


def real(path: Path) -> Path:
    """Return a path with its links resolved.

    Raises:
        ConfigError: If its links form a loop, or it is not a valid path.
    """
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError) as fault:
        raise ConfigError(f"cannot read {path}: {fault}", "check the path") from fault
