"""A table with a column of paths of images."""

from pathlib import Path

import numpy as np

from kerasdl.data.images.image_files import ImageFiles
from kerasdl.data.table.table import Table
from kerasdl.data.wrong_places import named
from kerasdl.errors import DataError, UnsafeError


def image_table(table: Table, column: str, targets: np.ndarray | None) -> ImageFiles:
    """Return the images that a table names.

    Args:
        table: The table; paths are relative to its folder.
        column: Name of the column of paths.
        targets: Raw targets of the rows; None if there are none.

    Raises:
        DataError: If there is no such column, or a path is missing or of no file; names
            lines.
        UnsafeError: If a path leads out of the folder.
    """
    paths = table.column(column)
    if paths.dtype != object:
        what = f"column {column!r} of {table.source} holds {paths.dtype}, no paths"
        raise DataError(what, "name the column of paths in data.path")
    folder = Path(table.source).parent
    root, outside, absent = folder.resolve(), list[str](), list[str]()
    for row, path in enumerate(paths.tolist()):
        place = f"{path or 'no path'} at {table.place(row)}"
        try:
            real = Path(root, path or "").resolve()
            if not real.is_relative_to(root):
                outside.append(place)
            elif not real.is_file():
                absent.append(place)
        except (OSError, ValueError):  # a loop of links, or no name of a file
            absent.append(place)
    if outside:
        what = f"paths in {table.source} lead out of its folder: {named(outside)}"
        raise UnsafeError(what, "move the images there, or the table to the images")
    if absent:
        what = f"images that {table.source} names do not exist: {named(absent)}"
        raise DataError(what, f"give paths relative to {folder.absolute()}")
    names = tuple(Path(path).as_posix() for path in paths)
    return ImageFiles(
        table.source, names, folder=str(folder), given=targets, table=table
    )
