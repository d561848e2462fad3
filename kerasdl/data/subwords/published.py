"""The parts of a `tokenizer.json` that published models have.

Others are refused: a regular expression may run for minutes, and a normaliser may make a
text a million times as long. The parts are those of BERT, GPT-2, RoBERTa, Llama and Qwen.
"""

from collections.abc import Callable, Mapping
from typing import Any

from kerasdl.data.subwords import checks
from kerasdl.data.subwords.checks import (
    flag,
    flag_or_null,
    identifier,
    one_of,
    pair,
    short,
    short_or_null,
    size,
    special_tokens,
    template,
    within,
)

Fields = Mapping[str, Callable[[Any], Any]]
"""The keys that a part may have, and the check of each."""

BOUNDARY = r"|\s*[\r\n]+|\s+(?!\S)|\s+"
CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
PUNCTUATION = r"| ?[^\s\p{L}\p{N}]+[\r\n]*"
REGEXES = (
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    rf"{CONTRACTIONS}\p{{N}}{{1,3}}{PUNCTUATION}{BOUNDARY}",
    rf"{CONTRACTIONS}\p{{N}}{PUNCTUATION}{BOUNDARY}",
)
"""Regular expressions of GPT-2, of Llama 3 and of Qwen 2, which take linear time."""
SPACES = {" ": "▁", "▁": " "}
NO_KEYS: Fields = {}
LEVEL: Fields = {"add_prefix_space": flag, "trim_offsets": flag, "use_regex": flag}
METASPACE: Fields = {
    "replacement": one_of("▁"),
    "prepend_scheme": one_of("always", "first", "never"),
    "add_prefix_space": flag,
    "split": flag,
    "str_rep": one_of("▁"),
}


def _pattern(value: Any) -> Any:
    """Return the pattern of a `Replace`: a space."""
    return checks.only(value, {"String": one_of(*SPACES)})


def _split_at(value: Any) -> Any:
    """Return the pattern of a `Split`: a known regular expression, or plain text."""
    return checks.only(value, {"Regex": one_of(*REGEXES), "String": short})


REPLACE: Fields = {"pattern": _pattern, "content": one_of(*SPACES)}
NORMALIZERS: dict[str, Fields] = {
    "BertNormalizer": {
        "clean_text": flag,
        "handle_chinese_chars": flag,
        "strip_accents": flag_or_null,
        "lowercase": flag,
    },
    **dict.fromkeys(
        ("NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents"), NO_KEYS
    ),
    "Prepend": {"prepend": one_of("▁")},
    "Replace": REPLACE,
}
PRE_TOKENIZERS: dict[str, Fields] = {
    "ByteLevel": LEVEL,
    **dict.fromkeys(("BertPreTokenizer", "Whitespace", "WhitespaceSplit"), NO_KEYS),
    "Metaspace": METASPACE,
    "Digits": {"individual_digits": flag},
    "Split": {
        "pattern": _split_at,
        "behavior": one_of("Isolated", "Removed", "MergedWithPrevious"),
        "invert": flag,
    },
}
POST_PROCESSORS: dict[str, Fields] = {
    "ByteLevel": LEVEL,
    "BertProcessing": {"sep": pair, "cls": pair},
    "RobertaProcessing": {
        "sep": pair,
        "cls": pair,
        "trim_offsets": flag,
        "add_prefix_space": flag,
    },
    "TemplateProcessing": {
        "single": template,
        "pair": template,
        "special_tokens": special_tokens,
    },
}
DECODERS: dict[str, Fields] = {
    "ByteLevel": LEVEL,
    "WordPiece": {"prefix": short, "cleanup": flag},
    "Metaspace": METASPACE,
    "BPEDecoder": {"suffix": short},
    **dict.fromkeys(("ByteFallback", "Fuse"), NO_KEYS),
    "Strip": {"content": one_of(" ", "▁"), "start": within(0, 1), "stop": within(0, 1)},
    "Replace": REPLACE,
}
SECTIONS = {
    "normalizer": (NORMALIZERS, "normalizers"),
    "pre_tokenizer": (PRE_TOKENIZERS, "pretokenizers"),
    "post_processor": (POST_PROCESSORS, "processors"),
    "decoder": (DECODERS, "decoders"),
}
"""The sections of a file: the types of each, and the key of a sequence of several."""
MODELS: dict[str, Fields] = {
    "BPE": {
        "dropout": one_of(None, 0.0),  # it would draw other tokens each time
        "unk_token": short_or_null,
        "continuing_subword_prefix": one_of(None, ""),
        "end_of_word_suffix": one_of(None, "", "</w>"),
        "fuse_unk": flag,
        "byte_fallback": flag,
        "ignore_merges": flag,
        "vocab": checks.vocabulary,
        "merges": checks.merges,
    },
    "WordPiece": {
        "unk_token": short,
        "continuing_subword_prefix": short,
        "max_input_chars_per_word": within(1, 1000),  # the time grows by its square
        "vocab": checks.vocabulary,
    },
}
ADDED: Fields = {
    "id": identifier,
    "content": checks.filled,
    **dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized", "special"), flag),
}
IGNORED = ("version", "truncation", "padding")


def checked(values: Any) -> dict[str, Any]:
    """Return the values of a `tokenizer.json` that has published parts alone.

    Raises:
        UnsafeError: If it has other parts, or too many of them.
        ValueError: If it is damaged.
    """
    if not isinstance(values, dict) or not isinstance(values.get("model"), dict):
        raise checks.DamagedError("it has no model")
    known = {*SECTIONS, *IGNORED, "added_tokens", "model"}
    checks.known_keys(values, known, "it")
    found: dict[str, Any] = {"version": "1.0", "truncation": None, "padding": None}
    found["added_tokens"] = [
        checks.part(each, ADDED, "an added token")
        for each in checks.some(values.get("added_tokens") or [], checks.MOST_ADDED)
    ]
    for section, (types, several) in SECTIONS.items():
        found[section] = checks.section(values.get(section), types, several, section)
    model = dict(values["model"])
    model.setdefault("type", "BPE" if "merges" in model else "WordPiece")
    found["model"] = checks.section(model, MODELS, "", "model")
    size(found)
    return found
