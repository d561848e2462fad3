"""Read a `tokenizer.json`."""

import json
from pathlib import Path
from typing import Any

from kerasdl import untrusted
from kerasdl.data.subwords.encoder import encoder
from kerasdl.errors import DataError

HINT = "give the tokenizer.json of a model"


def read_tokenizer(path: Path) -> str:
    """Return the content of a `tokenizer.json`, which `encoder` takes.

    Args:
        path: The file, or the directory of a run whose tokens are subwords.

    Raises:
        DataError: If it cannot be read or is damaged, or `tokenizers` is not installed.
        UnsafeError: If it is too large, nested too deeply, or has parts that no published
            tokenizer has.
    """
    is_run = path.is_dir()
    path = path / "preprocessing.json" if is_run else path
    try:
        content = untrusted.read_bytes(path, untrusted.MAX_JSON_BYTES)
        values = untrusted.parse_json(content, str(path))
        text = _of_run(values) if is_run else json.dumps(values, ensure_ascii=False)
        encoder(text)
    except OSError as fault:
        what = f"cannot read {path}: {fault.strerror or fault}"
        raise DataError(what, HINT) from fault
    except ValueError as fault:
        raise DataError(f"{path} is no tokenizer: {fault}", HINT) from fault
    return text


def _of_run(values: Any) -> str:
    """Return the tokenizer in the preprocessing of a run."""
    try:
        text = values["preprocessing"]["tokenizer"]
    except (KeyError, TypeError):
        text = None
    if not text or not isinstance(text, str):
        raise ValueError("its tokens are no subwords")
    return text
