"""Loader of `.txt` files."""

from pathlib import Path

from kerasdl import untrusted
from kerasdl.data.texts import Texts
from kerasdl.errors import DataError

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def load_txt(path: Path) -> Texts:
    """Return the text of a file as one document; see `read_text`."""
    return Texts(str(path), (read_text(path),))


def by_line(document: Texts) -> Texts:
    """Return the lines of a document as texts, but for those without a word."""
    lines = (line for text in document.texts for line in text.splitlines())
    return Texts(document.source, tuple(line for line in lines if line.strip()))


def read_text(path: Path) -> str:
    """Return the text of a file.

    A leading byte order mark is dropped; line endings are kept.

    Raises:
        DataError: If the file is missing, empty or not UTF-8 text.
        UnsafeError: As `untrusted.open_file`.
    """
    try:
        with untrusted.open_file(path) as file:
            content = file.read()
    except FileNotFoundError as fault:
        hint = f"give the path of a {path.suffix} file"
        raise DataError(f"{path} does not exist", hint) from fault
    except OSError as fault:
        what = f"cannot read {path}: {fault.strerror or fault}"
        raise DataError(what, "check the file and its permissions") from fault
    if not content.removeprefix(BYTE_ORDER_MARK):
        raise DataError(f"{path} is empty", "give a file with text in it")
    if (place := content.find(b"\0")) >= 0:
        what = f"{path} has a NUL byte at {_place(content, place)}"
        raise DataError(what, "give plain text in UTF-8")
    try:
        text = content.decode()
    except UnicodeDecodeError as fault:
        what = f"{path} is not UTF-8 at {_place(content, fault.start)}: {fault.reason}"
        raise DataError(what, "convert it to UTF-8") from fault
    return text.removeprefix("\ufeff")


def _place(content: bytes, offset: int) -> str:
    line = content.count(b"\n", 0, offset) + 1
    return f"byte {offset:,} (line {line:,})"
