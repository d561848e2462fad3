"""The user's own arrays, from an `.npz` file."""

import zipfile
from pathlib import Path

import numpy as np

from kerasdl.data.arrays import Arrays
from kerasdl.errors import DataError, UnsafeError

LAYOUT = "save it with numpy.savez(path, x=…, y=…), and x_test=…, y_test=… if you like"


def load_npz(path: Path) -> Arrays:
    """Return the arrays `x`, `y` and, if present, `x_test`, `y_test` of a file.

    Raises:
        DataError: If the file is missing or damaged, or lacks an array.
        UnsafeError: If it holds pickled objects.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            found = list(getattr(archive, "files", []))
            wanted = [name for name in ("x", "y", "x_test", "y_test") if name in found]
            arrays = {name: archive[name] for name in wanted}
    except (OSError, EOFError, zipfile.BadZipFile) as fault:
        reason = getattr(fault, "strerror", None) or fault
        raise DataError(f"cannot read {path}: {reason}", "check the path") from fault
    except ValueError as fault:
        if "allow_pickle" in str(fault):
            what = f"{path} holds pickled objects, which could run code"
            raise UnsafeError(what, "save numeric arrays only") from fault
        raise DataError(f"{path} is damaged: {fault}", LAYOUT) from fault
    if "x" not in arrays or "y" not in arrays:
        raise DataError(f"{path} holds {found}, not both x and y", LAYOUT)
    if ("x_test" in arrays) != ("y_test" in arrays):
        raise DataError(f"{path} has only one of x_test and y_test", LAYOUT)
    return Arrays(str(path), **arrays)
