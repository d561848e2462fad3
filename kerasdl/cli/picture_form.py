"""The format of a picture, by the name of its file."""

from pathlib import Path
from typing import Literal

from kerasdl.errors import ConfigError, StorageError

Form = Literal["png", "svg"]
FORMS: dict[str, Form] = {".png": "png", ".svg": "svg"}


def picture_form(output: Path | None) -> Form | None:
    """Return the format that a file name asks for; None without a file.

    Raises:
        ConfigError: If it is neither PNG nor SVG.
        StorageError: If its folder does not exist.
    """
    if output is None:
        return None
    if output.suffix.lower() not in FORMS:
        raise ConfigError(f"--output {output} is no .png or .svg file", "name one")
    if not output.parent.is_dir():
        what = f"cannot write {output}: there is no folder {output.parent}"
        raise StorageError(what, "make it, or name another")
    return FORMS[output.suffix.lower()]
