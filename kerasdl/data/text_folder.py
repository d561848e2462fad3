"""Texts in a folder for each class."""

from pathlib import Path

from kerasdl.data.folder import class_of, find_files, parts_of
from kerasdl.data.plain_text import read_text
from kerasdl.data.texts import Texts
from kerasdl.data.wrong_places import named
from kerasdl.errors import DataError


def load_folder(folder: Path, has_classes: bool) -> Texts:
    """Return the texts of the `.txt` files in a folder, with what its folders say.

    Args:
        folder: The folder.
        has_classes: Whether the name of a file's folder is its class.

    Raises:
        DataError: If there are no texts, some cannot be read, or are in no folder of a
            class or of a part.
        UnsafeError: If a link leads out of the folder.
    """
    listed = find_files(folder, (".txt",), "text")
    names, labels = listed.names, list[str]()
    part = parts_of(names, str(folder))
    if has_classes:
        labels = [class_of(name, bool(part)) for name in names]
    if loose := [name for name, label in zip(names, labels, strict=False) if not label]:
        count = "1 text" if len(loose) == 1 else f"{len(loose):,} texts"
        what = f"{count} of {folder} in no folder of a class"
        hint = "give each class a folder, such as good/1.txt and bad/1.txt"
        raise DataError(f"{what}, the first is {loose[0]}", hint)
    texts, wrong = [], []
    for name in names:
        try:
            text = read_text(folder / name)
        except DataError as fault:
            wrong.append(fault.what)
            continue
        if has_classes and not text.strip():
            wrong.append(f"{name} is empty")
        texts.append(text)
    if wrong:
        count = "1 text" if len(wrong) == 1 else f"{len(wrong):,} texts"
        what = f"{count} of {folder} cannot be read: {named(wrong)}"
        raise DataError(what, "fix them, or remove them")
    skipped = tuple(listed.skipped)
    files = (*names,)
    return Texts(
        str(folder), (*texts,), (*labels,), part=part, skipped=skipped, files=files
    )
