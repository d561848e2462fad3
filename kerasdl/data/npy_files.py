"""Loader of `.npy` files: inputs, and their targets next to them."""

import os
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

from kerasdl import untrusted
from kerasdl.data.arrays import Arrays
from kerasdl.data.npy import DAMAGE, is_mapped, mapped, read_header
from kerasdl.errors import DataError

LAYOUT = "save inputs as x.npy and targets as y.npy in one folder"


def load_npy(path: Path, targets: bool = True) -> Arrays:
    """Return the inputs in a file, and the targets in the file next to it.

    The targets of `x.npy` are in `y.npy`, those of `x_new.npy` in `y_new.npy`. The folder
    of `x.npy` may also hold a test set, `x_test.npy` and `y_test.npy`.

    Args:
        path: Path of the inputs.
        targets: Whether targets are required; otherwise the inputs are the targets.

    Raises:
        DataError: If a file is missing or damaged.
        UnsafeError: If a file holds pickled objects or less data than it claims.
    """
    x, own = read_npy(path), []
    siblings = {name: path.with_name(f"{name}.npy") for name in ("x_test", "y_test")}
    names = [*siblings] if targets else ["x_test"]
    if path.name == "x.npy" and (there := [n for n in names if siblings[n].exists()]):
        if there != names:
            what = f"{path.parent} has only one of x_test.npy and y_test.npy"
            raise DataError(what, LAYOUT)
        own = [read_npy(siblings[name]) for name in names]
    if not targets:
        return Arrays(str(path), x, x, *own, *own)
    if not path.name.startswith("x"):
        what = f"{path} does not tell where its targets are"
        raise DataError(what, LAYOUT)
    return Arrays(str(path), x, read_npy(path.with_name(f"y{path.name[1:]}")), *own)


def read_npy(path: Path) -> np.ndarray:
    """Return the array in a file, mapped if it is large.

    Raises:
        DataError: If the file is missing or damaged.
        UnsafeError: If it holds pickled objects or less data than it claims.
    """
    try:
        with untrusted.open_file(path) as file:
            size = os.fstat(file.fileno()).st_size
            header = read_header(file, size, path.stem, path)
            if is_mapped(header, size):
                return mapped(file, header, 0)
            file.seek(0)
            return npy.read_array(file, allow_pickle=False)
    except FileNotFoundError as fault:
        raise DataError(f"{path} does not exist", LAYOUT) from fault
    except OSError as fault:
        what = f"cannot read {path}: {fault.strerror or fault}"
        raise DataError(what, "check the file and its permissions") from fault
    except DAMAGE as fault:
        what = f"{path} is damaged or not an .npy: {fault}"
        raise DataError(what, "save it with numpy.save") from fault
