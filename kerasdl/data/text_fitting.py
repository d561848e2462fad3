"""Fit the encoding of texts."""

from collections.abc import Sequence
from dataclasses import replace

from kerasdl.data.subwords.training import BYTES, SPECIAL, train
from kerasdl.data.text_preprocessing import TextPreprocessing
from kerasdl.data.tokens import most_frequent

SHORTEST = 2
"""Tokens of an input, at least: the first one, and one of the text."""
LEAST = {"bpe": BYTES + len(SPECIAL), "wordpiece": 100}
"""Least size of a vocabulary of subwords."""


def fit(
    empty: TextPreprocessing,
    texts: Sequence[str],
    tokens: str,
    vocabulary_size: int,
    extra: tuple[str, ...] = (),
) -> TextPreprocessing:
    """Return preprocessing with a vocabulary.

    Labelled inputs are as long as the longest training text, if that is shorter than
    `max_length`.

    Args:
        empty: The preprocessing without a vocabulary; a tokenizer of its own is kept.
        texts: The training texts.
        tokens: Value of `data.tokens`.
        vocabulary_size: Most token ids.
        extra: Special tokens of the task.
    """
    fitted = empty
    if (tokens == "bpe" or tokens == "wordpiece") and not empty.tokenizer:
        special = () if empty.windows else SPECIAL + extra
        content = train(tokens, texts, vocabulary_size, special)
        fitted = replace(empty, tokens="subwords", tokenizer=content)
    elif not empty.tokenizer:
        count = vocabulary_size - empty.vocabulary_size
        vocabulary = most_frequent(texts, tokens, count)
        fitted = replace(empty, vocabulary=vocabulary)
    if fitted.windows:
        return fitted
    longest = max(SHORTEST, *fitted.lengths(texts))
    return replace(fitted, max_length=min(fitted.max_length, longest))
