"""The three splits a run needs."""

from dataclasses import dataclass

import numpy as np

from kerasdl.data.preprocessing import Preprocessing
from kerasdl.data.text_preprocessing import TextPreprocessing

AnyPreprocessing = Preprocessing | TextPreprocessing


@dataclass(frozen=True)
class Split:
    """Examples as the model takes them.

    Args:
        x: float32 of shape `(examples, …)`, or int32 token ids `(examples, time)`.
        y: int32 labels of shape `(examples,)`, float32 targets `(examples, 1)`, int32
            next tokens `(examples, time)`, or `x` again to reconstruct.
        texts: What text the examples are: a text for each to classify, or one document.
    """

    x: np.ndarray
    y: np.ndarray
    texts: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return the number of examples."""
        return len(self.x)


@dataclass(frozen=True)
class Dataset:
    """The splits of a run, and how they were made.

    Args:
        source: Where the data comes from.
        sha256: Digest of the data.
        preprocessing: What is known from the training split.
        train: What is learned from.
        validation: What chooses the best epoch; may be empty.
        test: What is scored once, at the end.
    """

    source: str
    sha256: str
    preprocessing: AnyPreprocessing
    train: Split
    validation: Split
    test: Split
