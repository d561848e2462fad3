"""Files as published models have them, of small vocabularies."""

import json
from typing import Any

LETTERS = [chr(number) for number in range(0x61, 0x7B)]
BERT_VOCABULARY = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "un", "##aff", "##able",
    "run", "##ning", "naive", "cafe", "日", "本", ",", ".", "!", "'", "don", *LETTERS,
    *(f"##{letter}" for letter in LETTERS),
]  # fmt: skip
TEXTS = [
    "The unaffable café, RUNNING!", "naïve  naïve\tdon't", "日本 and 日本語", "", "   ",
    "zzz 🎉 xyz🎉", "É\u0301 \u200b\x07 ŒÆ", "x" * 150, "a\n\n  b \r\n c",
    "it's 12345,67 days.", "Ünïcödé — “quoted”", "\u3000全角 ｆｕｌｌ",
]  # fmt: skip
"""Accents, CJK, emoji, unknown words, long words, controls and nothing."""


def bert() -> dict[str, Any]:
    """Return a `tokenizer.json` with the sections of `bert-base-uncased`."""
    ids = {token: number for number, token in enumerate(BERT_VOCABULARY)}
    special = [
        {"id": ids[token], "content": token, "single_word": False, "lstrip": False,
         "rstrip": False, "normalized": False, "special": True}
        for token in BERT_VOCABULARY[:5]
    ]  # fmt: skip
    around = {
        token: {"id": token, "ids": [ids[token]], "tokens": [token]}
        for token in ("[CLS]", "[SEP]")
    }
    first, last = (
        {"SpecialToken": {"id": token, "type_id": 0}} for token in ("[CLS]", "[SEP]")
    )
    text, other = (
        {"Sequence": {"id": name, "type_id": at}} for at, name in enumerate("AB")
    )
    return {
        "version": "1.0",
        "truncation": {"max_length": 4, "strategy": "LongestFirst", "stride": 0},
        "padding": {"strategy": {"Fixed": 10**12}, "pad_id": 7},
        "added_tokens": special,
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": True,
            "strip_accents": None,
            "lowercase": True,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [first, text, last],
            "pair": [first, text, last, other, last],
            "special_tokens": around,
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": ids,
        },
    }


def llama(regex: str) -> dict[str, Any]:
    """Return a `tokenizer.json` with the sections of Llama 3, of single bytes."""
    from tokenizers import pre_tokenizers

    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    split = {"type": "Split", "pattern": {"Regex": regex}, "behavior": "Isolated"}
    parts = [split | {"invert": False}, level | {"use_regex": False}]
    return {
        "added_tokens": [],
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": parts},
        "decoder": level | {"use_regex": True},
        "model": {
            "type": "BPE",
            "ignore_merges": True,
            "vocab": {letter: number for number, letter in enumerate(letters)}
            | {"th": 256},
            "merges": [["t", "h"]],
        },
    }


def text(values: dict[str, Any]) -> str:
    return json.dumps(values)
