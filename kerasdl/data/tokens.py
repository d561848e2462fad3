"""Tokenizers and token counts."""

from collections import Counter
from collections.abc import Callable, Iterable


def tokenizer(kind: str) -> Callable[[str], Iterable[str]]:
    """Return a function that splits a text into tokens.

    Args:
        kind: `"characters"`, or `"words"` as in `sklearn.feature_extraction.text`:
            lower-cased runs of two or more letters, digits and underscores.
    """
    if kind == "characters":
        return iter
    from sklearn.feature_extraction.text import CountVectorizer

    return CountVectorizer().build_analyzer()


def most_frequent(texts: Iterable[str], kind: str, count: int) -> tuple[str, ...]:
    """Return the `count` most frequent tokens; ties are in sorted order."""
    tokenize = tokenizer(kind)
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(tokenize(text))
    return tuple(sorted(counts, key=lambda token: (-counts[token], token))[:count])
