"""Sources of data: the names of sets, and the paths of files."""

from pathlib import Path

from kerasdl import registry
from kerasdl.config.suggestion import suggestion
from kerasdl.errors import DataError


def check_file_exists(file: Path) -> None:
    """Raise `DataError` unless the path is a file."""
    try:
        exists = file.is_file()
    except OSError as fault:  # no access to a folder, or a name that is too long
        what = f"cannot look for {file}: {fault.strerror}"
        raise DataError(what, "check the path and its permissions") from fault
    if not exists:
        hint = f"give the path of a {file.suffix or 'data'} file"
        raise DataError(f"no file at {file}", hint)


def is_folder(path: str | Path) -> bool:
    """Return whether a path is that of a folder; one that cannot be looked at is none."""
    try:
        return Path(path).is_dir()
    except (OSError, ValueError):
        return False


def unknown_source(source: str, kind: str) -> tuple[str, str]:
    """Return the message and the hint for a source that a kind does not know.

    Args:
        source: Value of `data.name`.
        kind: Value of `data.kind`.
    """
    kinds = [registry.find("kinds", name) for name in registry.names("kinds")]
    if other := next((each for each in kinds if each.claims(source)), None):
        what = f"{source} holds {other.kind}, data.kind is {kind!r}"
        return what, "use a preset for such data, or other data"
    sets = [name for each in kinds for name in each.SETS]
    every = dict.fromkeys(suffix for each in kinds for suffix in each.SUFFIXES)
    suffixes = " or ".join(every)
    folders = "".join(f", or of {each.FOLDER}" for each in kinds if each.FOLDER)
    hint = f"{suggestion(source, sets)} or give the path of an {suffixes} file{folders}"
    return f"unknown data set {source!r}", hint
