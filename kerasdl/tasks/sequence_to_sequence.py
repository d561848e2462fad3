"""Sequence to sequence: write a text for another one."""

from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

import numpy as np

from kerasdl.data.masked_texts import NO_TARGET
from kerasdl.data.signature import Signature
from kerasdl.data.targets import Targets
from kerasdl.tasks.found_tokens import measured_tokens
from kerasdl.tasks.measured import Measured, Predicted
from kerasdl.tasks.task import Task
from kerasdl.tasks.written_texts import WrittenTexts

if TYPE_CHECKING:
    import keras

    from kerasdl.config import Config
    from kerasdl.data import Dataset, Examples
    from kerasdl.data.text_pairs import TextPairs


class SequenceToSequence(Task):
    """Writing of the second text of a pair, such as a translation or a title.

    In training, each token is predicted from those before it in the true text (teacher
    forcing). Texts are scored as the model writes them, with the likeliest token each
    time.
    """

    name = "sequence-to-sequence"
    takes_data_of = "sequence-to-sequence"
    metrics: ClassVar = {"accuracy": "max"}
    scores: ClassVar = {"chrf": "max", "exact_match": "max"}
    headline = "chrf"
    has_classes = True
    origin = "pairs"
    decodes = True

    def fit(
        self,
        raw: np.ndarray | None,
        rows: np.ndarray,
        signature: Signature,
        num_classes: int | Literal["auto"],
        source: str,
    ) -> WrittenTexts:
        """Return targets with the vocabulary size of the model's input."""
        return WrittenTexts.of_inputs(signature)

    def targets_from_json(self, values: dict[str, Any]) -> WrittenTexts:
        """Return the targets that `WrittenTexts.to_json` describes."""
        return WrittenTexts.from_json(values)

    def loss(self, config: "Config") -> "keras.losses.Loss":
        """Return cross-entropy over the tokens of a batch, with `[loss]`'s smoothing."""
        from kerasdl.losses import SparseCategoricalCrossentropy

        return SparseCategoricalCrossentropy(
            from_logits=True,
            label_smoothing=config.loss.label_smoothing,
            smoothing=config.loss.smoothing,
            ignore_class=NO_TARGET,
        )

    def keras_metrics(self, config: "Config") -> "list[keras.metrics.Metric]":
        """Return the accuracy of tokens after the true ones."""
        from kerasdl.losses import AccuracyOfFound

        return [AccuracyOfFound(name="accuracy")]

    def baselines(
        self, config: "Config", dataset: "Dataset"
    ) -> dict[str, dict[str, Any]]:
        """Score the source itself, and the target of the most similar training source."""
        from kerasdl.diagnostics.nearest_text import nearest

        targets, test = dataset.targets, cast("TextPairs", dataset.test)
        train = cast("TextPairs", dataset.train.plain())
        truth, found = np.array(test.written), {}
        similar = nearest(train.sources, test.sources)
        texts = {
            "copy of the source": test.sources,
            "nearest source": [train.written[row] for row in similar],
        }
        for name, written in texts.items():
            outputs = np.array(written)
            found[name] = targets.score(truth, outputs) | {"outputs": outputs}
        return found

    def measure(
        self,
        model: "keras.Model",
        examples: "Examples",
        targets: Targets,
        config: "Config",
        batch_size: int,
    ) -> Measured:
        """Return the loss and the accuracy of tokens, and the scores of written texts."""
        found = measured_tokens(model, examples, self.loss(config), batch_size)
        scores = {"loss": found.loss, "accuracy": found.accuracy}
        if not np.isfinite(found.loss):
            return Measured(scores, {})
        scored = self.scored(model, examples, targets, batch_size)
        return Measured(scores | scored.scores, {}, scored.predicted)

    def scored(
        self,
        model: "keras.Model",
        examples: "Examples",
        targets: Targets,
        batch_size: int,
    ) -> Measured:
        """Return the scores of the texts that the model writes."""
        from kerasdl.tasks.decoding import decoded

        pairs = cast("TextPairs", examples)
        ids = decoded(model, pairs.ids, pairs.end, batch_size)
        truth, written = np.array(pairs.written), np.array(pairs.spelled(ids))
        found = targets.score(truth, written)
        return Measured(found, {}, Predicted(truth, written))
