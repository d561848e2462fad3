"""Texts with classes: JSON objects on the lines of a file, or files in folders."""

from pathlib import Path
from typing import Any

from kerasdl import untrusted
from kerasdl.data.folder import class_of, find_files
from kerasdl.data.plain_text import read_text
from kerasdl.data.texts import Texts
from kerasdl.data.wrong_places import named
from kerasdl.errors import DataError


def load_jsonl(path: Path, text: str, target: str | None) -> Texts:
    """Return the texts of a `.jsonl` file; blank lines are left out.

    Args:
        path: The file, in UTF-8.
        text: Key of the text.
        target: Key of its class, a word or a whole number; None to read texts alone.

    Raises:
        DataError: If the file cannot be read, is empty, or a line lacks a text or a
            class; names up to 20 lines.
        UnsafeError: If a line holds too many values, or as `untrusted.open_file`.
    """
    texts, labels, wrong = [], [], []
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if not line.strip():
            continue
        try:
            value = untrusted.parse_json(line.encode(), f"line {number:,} of {path}")
            texts.append(_text(value, text))
            if target is not None:
                labels.append(_label(value, target))
        except _WrongLineError as fault:
            wrong.append(f"line {number:,}: {fault}")
        except ValueError:
            wrong.append(f"line {number:,}: not JSON")
    if wrong:
        what = f"{len(wrong):,} lines of {path} cannot be learned from: {named(wrong)}"
        hint = "fix them, or name other keys with data.text and --target"
        raise DataError(what, hint)
    if not texts:
        raise DataError(f"{path} holds no texts", "give a line for each text")
    return Texts(str(path), tuple(texts), tuple(labels))


def load_folder(folder: Path, has_classes: bool) -> Texts:
    """Return the texts of the `.txt` files in a folder, each with that of its class.

    Args:
        folder: The folder.
        has_classes: Whether the name of a file's folder is its class.

    Raises:
        DataError: If there are no texts, some cannot be read, or are in no folder.
        UnsafeError: If a link leads out of the folder.
    """
    names = find_files(folder, (".txt",), "text").names
    labels = [class_of(name, False) for name in names] if has_classes else []
    if loose := [name for name, label in zip(names, labels, strict=False) if not label]:
        what = f"{len(loose):,} texts of {folder} are in no folder of a class"
        hint = "give each class a folder, such as good/1.txt and bad/1.txt"
        raise DataError(f"{what}, the first is {loose[0]}", hint)
    texts, wrong = [], []
    for name in names:
        try:
            texts.append(read_text(folder / name))
        except DataError as fault:
            wrong.append(fault.what)
    if wrong:
        what = f"{len(wrong):,} texts: {named(wrong)}"
        raise DataError(what, "fix them, or remove them")
    return Texts(str(folder), tuple(texts), tuple(labels))


class _WrongLineError(Exception):
    pass


def _text(value: Any, key: str) -> str:
    if not isinstance(value, dict):
        raise _WrongLineError("no JSON object")
    if not isinstance(found := value.get(key), str):
        raise _WrongLineError(f"{key!r} is no text" if key in value else f"no {key!r}")
    if any("\ud800" <= letter <= "\udfff" for letter in found):
        raise _WrongLineError(f"{key!r} holds half of a surrogate pair")
    return found


def _label(value: dict[str, Any], key: str) -> str:
    found = value.get(key)
    if isinstance(found, bool) or not isinstance(found, str | int) or found == "":
        wrong = f"{key!r} is neither a word nor a whole number"
        raise _WrongLineError(wrong if key in value else f"no {key!r}")
    return str(found)
