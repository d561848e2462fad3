"""The modules of Python's standard library, which are there without a network."""

import os
import sysconfig
from pathlib import Path

from kerasdl.errors import DataError

LEFT_OUT = {
    "site-packages",
    "dist-packages",
    "test",
    "tests",
    "idle_test",
    "encodings",
    "pydoc_data",
}
"""Folders of other packages, of tests, and of tables that only look like code."""


def modules() -> dict[str, str]:
    """Return the text of each module by its path below the library, in sorted order.

    Left out are `LEFT_OUT`, what the build of Python generated, and files that cannot
    be read as UTF-8.

    Raises:
        DataError: If this Python came without its source.
    """
    library, found = Path(sysconfig.get_path("stdlib")), {}
    for folder, folders, names in os.walk(library):
        folders[:] = [name for name in folders if name not in LEFT_OUT]
        for name in names:
            if not name.endswith(".py") or name.startswith("_sysconfigdata"):
                continue
            path = Path(folder, name)
            try:
                text = path.read_bytes().decode()
            except (OSError, UnicodeDecodeError):  # a link may lead nowhere
                continue
            found[path.relative_to(library).as_posix()] = text
    if not found:
        what = f"this Python has no source of its standard library in {library}"
        raise DataError(what, "use other data, or another build of Python")
    return dict(sorted(found.items()))
