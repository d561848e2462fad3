"""Keys of texts that have no meaning for their source or their task."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kerasdl.data.kinds.without_meaning import without_meaning
from kerasdl.data.table.target_faults import target_faults
from kerasdl.data.text_fitting import LEAST
from kerasdl.errors import ConfigError

if TYPE_CHECKING:
    from kerasdl.data.kinds.text import TextKind


def text_faults(kind: "TextKind") -> Iterator[ConfigError]:
    """Yield errors for the keys of texts."""
    modelled = kind.origin == "next"
    no_meaning = {"words", "wordpiece"} if modelled or kind.origin == "pairs" else set()
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
    hint = "remove it, or give a table or a .jsonl file with targets"
    if not kind.is_keyed:
        keys = "text", "target", *kind.ROLES, *kind.READING
        yield from without_meaning(kind, keys, kind.name, hint)
    elif modelled:
        keys = "target", *kind.ROLES, "missing", "decimal", "date_format"
        yield from without_meaning(kind, keys, f"{kind.name} in {kind.task}")
    if kind.is_keyed and not kind.is_table:
        keys = "missing", "decimal", "delimiter", "encoding"
        yield from without_meaning(kind, keys, kind.name, "remove it, or give a table")
    others = {key: (getattr(kind, key),) for key in ("text", *kind.ROLES)}
    yield from target_faults(kind.target_names, others, kind.task)
