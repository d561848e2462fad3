"""Texts with what to predict of them, in JSON objects on the lines of a file."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from kerasdl import untrusted
from kerasdl.data.plain_text import read_text
from kerasdl.data.table.table import Table, is_text
from kerasdl.data.texts import Label, Texts
from kerasdl.data.wrong_places import named
from kerasdl.errors import DataError

Form = Literal["class", "number", "value", "names", "any"]
"""What the targets of a task are; `value` is one of two."""


def load_jsonl(
    path: Path,
    text: str,
    targets: Sequence[str] = (),
    form: Form = "class",
    others: Sequence[str] = (),
) -> Texts:
    """Return the texts of a `.jsonl` file; blank lines are left out.

    Args:
        path: The file, in UTF-8.
        text: Key of the text.
        targets: Keys of what to predict; none to read texts alone, which may be empty.
        form: What stands there.
        others: Keys of words or numbers that become columns of the table of the texts;
            a line may lack them.

    Raises:
        DataError: If the file cannot be read, is empty, or a line lacks a text or a
            target; names up to 20 lines.
        UnsafeError: If a line holds too many values, or as `untrusted.open_file`.
    """
    texts: list[str] = []
    labels: list[Any] = []
    columns: dict[str, list[str | None]] = {key: [] for key in others}
    lines: list[int] = []
    wrong: list[str] = []
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if not line.strip():
            continue
        try:
            value = untrusted.parse_json(line.encode(), f"line {number:,} of {path}")
            texts.append(_text(value, text, bool(targets)))
            found = tuple(_label(value, key, form) for key in targets)
            cells = [_cell(value, key) for key in others]
        except _WrongLineError as fault:
            wrong.append(f"line {number:,}: {fault}")
        except (ValueError, OverflowError):
            wrong.append(f"line {number:,}: not JSON")
        else:
            labels.append(found if len(targets) > 1 else next(iter(found), None))
            lines.append(number)
            for key, cell in zip(others, cells, strict=True):
                columns[key].append(cell)
    if wrong:
        count = "1 line" if len(wrong) == 1 else f"{len(wrong):,} lines"
        what = f"{count} of {path} cannot be read: {named(wrong)}"
        hint = "fix them, or name other keys with data.text and --target"
        raise DataError(what, hint)
    if not texts:
        raise DataError(f"{path} holds no texts", "give a line for each text")
    present = {key: cells for key, cells in columns.items() if {*cells} != {None}}
    arrays = {key: np.array(values, object) for key, values in present.items()}
    arrays = {text: np.array(texts, object)} | arrays
    table = Table(str(path), arrays, np.array(lines))
    return Texts(str(path), tuple(texts), tuple(labels) if targets else (), table)


class _WrongLineError(Exception):
    pass


def _text(value: Any, key: str, needs_letters: bool) -> str:
    if not isinstance(value, dict):
        raise _WrongLineError("no JSON object")
    if not isinstance(found := value.get(key), str):
        raise _WrongLineError(f"{key!r} is no text" if key in value else f"no {key!r}")
    if needs_letters and not found.strip():
        raise _WrongLineError(f"{key!r} is empty")
    if any("\ud800" <= letter <= "\udfff" for letter in found):
        raise _WrongLineError(f"{key!r} holds half of a surrogate pair")
    return found


def _label(value: dict[str, Any], key: str, form: Form) -> Label:
    convert, rule = FORMS[form]
    if key not in value:
        raise _WrongLineError(f"no {key!r}")
    if (label := convert(value[key])) is None:
        raise _WrongLineError(f"{key!r} is {rule}")
    return label


def _cell(value: dict[str, Any], key: str) -> str | None:
    """Return the value of a key as text; None if it is null or absent."""
    return None if value.get(key) is None else str(_label(value, key, "value"))


def _class(value: Any) -> str | None:
    is_name = isinstance(value, str | int) and value != ""
    return str(value) if is_name and is_text(str(value)) else None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if np.isfinite(float(value)) else None
    except OverflowError:
        return None


def _value(value: Any) -> str | None:
    return str(value) if isinstance(value, float) else _class(value)


def _names(value: Any) -> frozenset[str] | None:
    if not isinstance(value, list):
        return None
    names = [*map(_class, value)]
    return None if None in names else frozenset(name for name in names if name)


def _any(value: Any) -> Label | None:
    """Return a text, a number as it is, or names."""
    if _number(value) is not None:
        return value
    return _class(value) or _names(value)


FORMS: dict[Form, tuple[Callable[[Any], Label | None], str]] = {
    "class": (_class, "neither a word nor a whole number"),
    "number": (_number, "no finite number"),
    "value": (_value, "neither a word nor a number"),
    "names": (_names, "no list of names"),
    "any": (_any, "neither a word, a number nor a list of names"),
}
"""How a target of each form is read, and what others are."""
