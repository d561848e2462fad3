"""Keys of texts that have no meaning for their source or their task."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from kerasdl.data.table import files
from kerasdl.data.table.reading_faults import reading_faults
from kerasdl.data.table.target_faults import target_faults
from kerasdl.data.text_fitting import LEAST
from kerasdl.data.text_table import SPELLING
from kerasdl.errors import ConfigError

if TYPE_CHECKING:
    from kerasdl.data.kinds.text import TextKind


def text_faults(kind: "TextKind") -> Iterator[ConfigError]:
    """Yield errors for the keys of texts."""
    modelled = kind.origin == "next"
    no_meaning = {"words", "wordpiece"} if modelled else set()
    if kind.tokens in no_meaning:
        what = f"data.tokens (={kind.tokens!r}) has no meaning in {kind.task}"
        yield ConfigError(what, "choose 'characters' or 'bpe', or change data.task")
    if kind.stride != "auto" and not modelled:
        what = f"data.stride (={kind.stride!r}) has no meaning in {kind.task}"
        yield ConfigError(what, "remove it, or change data.task")
    least = 0 if kind.tokenizer else LEAST.get(kind.tokens, 0)
    if kind.vocabulary_size < least:
        what = f"data.vocabulary_size (={kind.vocabulary_size}) is too small"
        yield ConfigError(f"{what} for {kind.tokens!r}", f"set it to {least} or more")
    has = {"text": kind.is_keyed, "target": kind.is_keyed and not modelled}
    has |= dict.fromkeys(("delimiter", "encoding"), kind.is_table)
    for key, means in has.items():
        value = getattr(kind, key)
        if not means and value != getattr(type(kind), key):
            what = f"data.{key} (={value!r}) has no meaning for {kind.name}"
            what = f"{what} in {kind.task}" if kind.is_keyed else what
            hint = "remove it, or give a table or a .jsonl file with targets"
            yield ConfigError(what, hint)
    if kind.is_table:
        is_parquet = files.is_parquet(Path(kind.name))
        yield from reading_faults(kind.delimiter, kind.encoding, SPELLING, is_parquet)
    yield from target_faults(kind.target_names, {"text": (kind.text,)}, kind.task)
