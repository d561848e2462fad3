"""Tokens of a vocabulary as targets, at each place of a text."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from kerasdl.data.signature import Signature
from kerasdl.data.targets import Targets


@dataclass(frozen=True)
class TokenTargets(Targets):
    """A token at each place of a text as its target.

    Args:
        vocabulary_size: Number of token ids.
    """

    vocabulary_size: int

    each_predicted = False

    @classmethod
    def of_inputs(cls, signature: Signature) -> Self:
        """Return targets with the vocabulary size of the model's input."""
        [only] = signature.values()
        assert only.vocabulary_size is not None
        return cls(only.vocabulary_size)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Return the targets that `to_json` describes.

        Raises:
            TypeError, ValueError: If the values are damaged.
        """
        tokens = cls(**values)
        if type(tokens.vocabulary_size) is not int or tokens.vocabulary_size < 1:
            raise ValueError(f"vocabulary_size is {tokens.vocabulary_size!r}")
        return tokens

    @property
    def num_outputs(self) -> int:
        """Vocabulary size: one logit per token."""
        return self.vocabulary_size

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return `(time, vocabulary_size)`."""
        return (*input_shape, self.vocabulary_size)

    def encode(
        self, raw: np.ndarray, rows: np.ndarray, source: str, name: str = "y"
    ) -> np.ndarray:
        """Return token ids unchanged."""
        return raw[rows]

    def predictions(
        self, inputs: np.ndarray, outputs: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Return nothing: a text has a prediction at each of its places."""
        return {}
