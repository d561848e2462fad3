"""Language modelling: predict the next token of a text."""

import math
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

import numpy as np

from kerasdl.data.examples import ChosenExamples
from kerasdl.data.signature import Signature
from kerasdl.data.targets import Targets
from kerasdl.figures import Figure
from kerasdl.tasks.measured import Measured
from kerasdl.tasks.outputs import outputs_of
from kerasdl.tasks.task import Task
from kerasdl.tasks.token_targets import TokenTargets

if TYPE_CHECKING:
    import keras

    from kerasdl.config import Config
    from kerasdl.data import Dataset, Examples
    from kerasdl.data.text_preprocessing import TextPreprocessing
    from kerasdl.data.token_windows import TokenWindows

MOST_TOKENS = 10_000
"""Test tokens of which the bits are shown; the first ones."""


@dataclass(frozen=True)
class NextTokens(TokenTargets):
    """Next tokens as targets; token 0 is unknown."""

    origin = "next"

    def score(self, encoded: np.ndarray, outputs: np.ndarray) -> dict[str, float]:
        """Return the accuracy: the fraction of tokens that have the largest logit."""
        return {"accuracy": float((outputs.argmax(-1) == encoded).mean())}

    def bits_of_unknown(self, ids: np.ndarray) -> float:
        """Return the mean bits per character needed to spell out unknown characters.

        The model predicts only that a character is unknown. Which one it is costs
        log2 of the number of Unicode characters without an id.

        Args:
            ids: Token ids, of any shape.
        """
        without_id = sys.maxunicode + 1 - (self.vocabulary_size - 1)
        return float((ids == 0).mean() * math.log2(without_id))


class LanguageModelling(Task):
    """Prediction of the next token at each position of a text."""

    name = "language-modelling"
    takes_data_of = "language-modelling"
    metrics: ClassVar = {"accuracy": "max"}
    headline = "bits_per_character"
    has_classes = True
    origin = "next"
    writes_text = True

    def fit(
        self,
        raw: np.ndarray | None,
        rows: np.ndarray,
        signature: Signature,
        num_classes: int | Literal["auto"],
        source: str,
    ) -> NextTokens:
        """Return targets with the vocabulary size of the model's input."""
        return NextTokens.of_inputs(signature)

    def targets_from_json(self, values: dict[str, Any]) -> NextTokens:
        """Return the targets that `NextTokens.to_json` describes."""
        return NextTokens.from_json(values)

    def loss(self, config: "Config") -> "keras.losses.Loss":
        """Return cross-entropy of logits with the smoothing of `[loss]`."""
        from kerasdl.losses import SparseCategoricalCrossentropy

        return SparseCategoricalCrossentropy(
            from_logits=True,
            label_smoothing=config.loss.label_smoothing,
            smoothing=config.loss.smoothing,
        )

    def keras_metrics(self, config: "Config") -> "list[keras.metrics.Metric]":
        """Return the accuracy metric."""
        from keras import metrics

        return [metrics.SparseCategoricalAccuracy(name="accuracy")]

    def baselines(
        self, config: "Config", dataset: "Dataset"
    ) -> dict[str, dict[str, Any]]:
        """Score general-purpose compressors and an n-gram model."""
        from kerasdl.diagnostics.compression import compression_baselines
        from kerasdl.diagnostics.ngram import ORDER, bits_per_token

        train = dataset.train  # of some windows, an n-gram model reads all text
        train = train.examples if isinstance(train, ChosenExamples) else train
        train, test = cast("list[TokenWindows]", [train, dataset.test])
        test_text, ids, test_ids = test.text, train.token_ids, test.token_ids
        targets = dataset.targets
        assert isinstance(targets, NextTokens)
        bits = bits_per_token(ids, test_ids, targets.vocabulary_size)
        unit = "token"
        if test.has_unknown:
            bits, unit = bits + targets.bits_of_unknown(test_ids), "character"
        bits *= len(test_ids) / len(test_text)
        ngram = {f"{unit} {ORDER}-gram": {"bits_per_character": bits}}
        return compression_baselines(test_text) | ngram

    def measure(
        self,
        model: "keras.Model",
        examples: "Examples",
        targets: Targets,
        config: "Config",
        batch_size: int,
    ) -> Measured:
        """Measure batch by batch; logits of a whole text would not fit in memory.

        The bits of all tokens are divided by the characters that they stand for, so that
        scores of different tokens compare.
        """
        import keras

        from kerasdl.losses import SparseCategoricalCrossentropy

        assert isinstance(targets, NextTokens)
        text = cast("TokenWindows", examples)
        loss, nats = self.loss(config), SparseCategoricalCrossentropy(from_logits=True)
        sums, unknown = np.zeros(3), 0.0
        for start in range(0, len(examples), batch_size):
            rows = np.arange(start, min(start + batch_size, len(examples)))
            x, y = examples.take(rows)
            logits = model.predict_on_batch(x)
            means = [
                float(keras.ops.convert_to_numpy(function(y, logits)))
                for function in (loss, nats)
            ]
            correct = (logits.argmax(-1) == y).mean()
            sums += len(y) * np.array([*means, correct])
            if text.has_unknown:
                unknown += len(y) * targets.bits_of_unknown(y)
        value, plain, accuracy = (sums / len(examples)).tolist()
        bits = plain / math.log(2) + unknown / len(examples)
        bits /= text.characters_per_token
        scores = {"loss": value, "accuracy": accuracy, "bits_per_character": bits}
        return Measured(scores, {})

    def streamed_figures(
        self, model: "keras.Model", dataset: "Dataset", batch_size: int, seed: int
    ) -> list[Figure]:
        """Return bits by position, the most surprising pieces, and continuations."""
        from kerasdl.diagnostics.token_figures import bits_by_position, surprising
        from kerasdl.tasks.continuations import continuations

        test = cast("TokenWindows", dataset.test)
        spelled = cast("TextPreprocessing", dataset.preprocessing).spelled
        x, y, bits = _bits_of_windows(model, test, batch_size)
        if not np.isfinite(bits).all():
            return []
        figures = [bits_by_position(bits), surprising(bits, y, spelled)]
        written = continuations(model, x, spelled, seed)
        return [*figures, written] if written else [*figures]


def _bits_of_windows(
    model: "keras.Model", test: "TokenWindows", batch_size: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return windows, their next tokens and the bits of each: those of `MOST_TOKENS`."""
    from kerasdl.diagnostics.token_figures import bits_of_tokens

    count = min(len(test), max(1, MOST_TOKENS // test.length))
    x, y = test.take(np.arange(count))
    parts = range(0, count, size := min(batch_size, len(test)))
    bits = [
        bits_of_tokens(outputs_of(model, x[n : n + size], size), y[n : n + size])
        for n in parts
    ]
    return x, y, np.concatenate(bits)
