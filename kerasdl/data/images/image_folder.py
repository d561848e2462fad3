"""The images of a folder, and what its folders say of them."""

import sys
from pathlib import Path

from kerasdl.data.folder import Found, class_of, find_files, parts_of
from kerasdl.data.images.form import SUFFIXES
from kerasdl.data.images.image_files import ImageFiles
from kerasdl.errors import DataError


def all_images(folder: Path) -> ImageFiles:
    """Return all images of a folder, without classes.

    Raises:
        DataError: If there is none.
        UnsafeError: If a link leads out of the folder.
    """
    return _files(folder, find_files(folder, SUFFIXES, "image"), (), ())


def labelled_images(folder: Path, has_classes: bool) -> ImageFiles:
    """Return the images of a folder, with the part and the class that folders name.

    Args:
        folder: The folder.
        has_classes: Whether each image needs a class.

    Raises:
        DataError: If there is no image, an image has no class, or some stand in no
            folder of a part.
        UnsafeError: If a link leads out of the folder.
    """
    found = find_files(folder, SUFFIXES, "image")
    part = parts_of(found.names, str(folder))
    if not has_classes:
        return _files(folder, found, (), part)
    labels = [sys.intern(class_of(name, bool(part))) for name in found.names]
    named = zip(found.names, labels, strict=True)
    if without := [name for name, label in named if not label]:
        what = f"{len(without):,} images of {folder} are in no folder of a class"
        hint = "give each class a folder, such as cats/1.jpg and dogs/1.jpg"
        raise DataError(f"{what}, the first is {without[0]}", hint)
    return _files(folder, found, tuple(labels), part)


def _files(
    folder: Path, found: Found, labels: tuple[str, ...], part: tuple[str, ...]
) -> ImageFiles:
    skipped = tuple(found.skipped)
    return ImageFiles(str(folder), tuple(found.names), labels, part, skipped)
