"""Texts as targets, and how those that a model writes are scored."""

from dataclasses import dataclass

import numpy as np

from kerasdl.data.targets import Errors, Pair
from kerasdl.diagnostics.chrf import chrf, chrf_counts
from kerasdl.figures import Cell, Figure, Table
from kerasdl.tasks.token_targets import TokenTargets

MOST_SHOWN = 12
"""Texts that a report shows."""


@dataclass(frozen=True)
class WrittenTexts(TokenTargets):
    """Texts that are written token by token.

    A model learns the ids of tokens; what is scored are texts: the encoded targets and
    the outputs of `score` and of what follows are arrays of `str`, of shape `(texts,)`.
    """

    origin = "pairs"
    each_predicted = True

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return `(time, vocabulary_size)`: one logit per token of the target."""
        return (input_shape[-1], self.vocabulary_size)

    def score(self, encoded: np.ndarray, outputs: np.ndarray) -> dict[str, float]:
        """Return chrF from 0 to 100, and the share of texts that are right."""
        counts = chrf_counts(outputs, encoded)
        return {
            "chrf": float(chrf(counts.sum(0))),
            "exact_match": float((encoded == outputs).mean()),
        }

    def score_resamples(
        self, name: str, encoded: np.ndarray, outputs: np.ndarray, counts: np.ndarray
    ) -> np.ndarray | None:
        """Return a score of resamples."""
        if name == "exact_match":
            return counts @ (encoded == outputs) / counts.sum(1)
        of_each = chrf_counts(outputs, encoded)
        whole = counts @ of_each.reshape(len(encoded), -1)
        return chrf(whole.reshape(len(counts), *of_each.shape[1:]))

    def figures(self, test: Pair, validation: Pair | None) -> list[Figure]:
        """Return some texts, as they are written and as they should be."""
        most = min(MOST_SHOWN, len(test[0]))
        chosen = np.linspace(0, len(test[0]) - 1, most).astype(int)
        rows: list[list[Cell]] = [[str(each[row]) for each in test] for row in chosen]
        return [Table("Written texts", ["truth", "written"], rows)]

    def errors(self, encoded: np.ndarray, outputs: np.ndarray) -> Errors:
        """Return the chrF of each text."""
        scores = chrf(chrf_counts(outputs, encoded))
        columns = {"truth": encoded, "written": outputs, "chrf": scores}
        return Errors("chrf", scores, True, 100 - scores, columns)
