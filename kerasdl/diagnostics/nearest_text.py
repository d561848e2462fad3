"""The training text that is most like another one."""

from collections.abc import Sequence

import numpy as np


def nearest(texts: Sequence[str], others: Sequence[str]) -> np.ndarray:
    """Return the row of the text with the largest cosine to each of some others.

    Texts are vectors of the TF-IDF weights of their words.

    Args:
        texts: The texts to choose from.
        others: The texts to find similar ones of.

    Returns:
        Integers of shape `(others,)`; 0 where no word is shared.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.metrics import pairwise_distances_argmin

    weights = TfidfVectorizer(token_pattern=r"(?u)\S+")
    known = weights.fit_transform(texts)
    return pairwise_distances_argmin(weights.transform(others), known)
