"""Learn a vocabulary of subwords from texts."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

from kerasdl import untrusted
from kerasdl.data.subwords.installed import check_installed

BYTES = 256
SPECIAL = ("[PAD]", "[UNK]", "[CLS]")
"""Special tokens of labelled texts, with the ids 0, 1 and 2."""
CHARACTER_SHARE = 4
"""At most one of so many tokens of WordPiece is the beginning of a word of one
character, and as many are such continuations."""


def train(
    form: Literal["bpe", "wordpiece"],
    texts: Sequence[str],
    size: int,
    special: Sequence[str] = (),
) -> str:
    """Return a `tokenizer.json` of subwords; the same texts give the same one.

    Args:
        form: `"bpe"` is byte-level, as in GPT-2: Radford et al. 2019, section 2.2.
            `"wordpiece"` is lower-cased, as in BERT: Devlin et al. 2019,
            https://arxiv.org/abs/1810.04805.
        texts: The texts.
        size: Most tokens, with those of `special`; at least 256 more than these for
            `"bpe"`.
        special: Tokens that no text contains.
    """
    check_installed()
    learn = _bpe if form == "bpe" else _wordpiece
    content = learn(texts, size, special).to_str().encode()
    values = untrusted.parse_json(content, "the vocabulary")
    added = values["added_tokens"]
    values["added_tokens"] = [each for each in added if each["content"] in special]
    return json.dumps(values, ensure_ascii=False)


def _bpe(texts: Sequence[str], size: int, special: Sequence[str]) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    level = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer: Any = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer, tokenizer.decoder = level, decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[*special],
        initial_alphabet=sorted(level.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def _wordpiece(texts: Sequence[str], size: int, special: Sequence[str]) -> Any:
    from tokenizers import (
        Tokenizer,
        decoders,
        models,
        normalizers,
        pre_tokenizers,
        trainers,
    )

    tokenizer: Any = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(tokenizer.normalizer.normalize_str(text))
    letters = sorted(counts, key=lambda letter: (-counts[letter], letter))
    most = (size - len(special)) // CHARACTER_SHARE
    letters = sorted([letter for letter in letters if not letter.isspace()][:most])
    # The trainer numbers continuations in the order of a hash table, unless they are
    # known before.
    continued = [f"##{letter}" for letter in letters]
    trainer = trainers.WordPieceTrainer(
        vocab_size=size,
        special_tokens=[*special, *continued],
        initial_alphabet=letters,
        limit_alphabet=len(letters),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer
