"""Read a `tokenizer.json`."""

import json
from pathlib import Path

from kerasdl import untrusted
from kerasdl.data.subwords.encoder import encoder
from kerasdl.errors import DataError

HINT = "give the tokenizer.json of a model"


def read_tokenizer(path: Path) -> str:
    """Return the content of a `tokenizer.json`, which `encoder` takes.

    Raises:
        DataError: If it cannot be read or is damaged, or `tokenizers` is not installed.
        UnsafeError: If it is too large, nested too deeply, or has parts that no published
            tokenizer has.
    """
    try:
        content = untrusted.read_bytes(path, untrusted.MAX_JSON_BYTES)
        values = untrusted.parse_json(content, str(path))
        text = json.dumps(values, ensure_ascii=False)
        encoder(text)
    except OSError as fault:
        what = f"cannot read {path}: {fault.strerror or fault}"
        raise DataError(what, HINT) from fault
    except ValueError as fault:
        raise DataError(f"{path} is no tokenizer: {fault}", HINT) from fault
    return text
