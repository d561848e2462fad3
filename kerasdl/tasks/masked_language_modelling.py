"""Masked language modelling: find the hidden tokens of a text."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

import numpy as np

from kerasdl.data.masked_texts import NO_TARGET
from kerasdl.data.signature import Signature
from kerasdl.data.targets import Targets
from kerasdl.tasks.found_tokens import measured_tokens
from kerasdl.tasks.measured import Measured
from kerasdl.tasks.task import Task
from kerasdl.tasks.token_targets import TokenTargets

if TYPE_CHECKING:
    import keras

    from kerasdl.config import Config
    from kerasdl.data import Dataset, Examples


@dataclass(frozen=True)
class HiddenTokens(TokenTargets):
    """The tokens that were hidden; `NO_TARGET` elsewhere."""

    origin = "masked"

    def score(self, encoded: np.ndarray, outputs: np.ndarray) -> dict[str, float]:
        """Return the accuracy: the share of hidden tokens with the largest logit."""
        hidden = encoded != NO_TARGET
        return {"accuracy": float((outputs.argmax(-1) == encoded)[hidden].mean())}


class MaskedLanguageModelling(Task):
    """Prediction of the tokens that are hidden in a text: Devlin et al. 2019.

    15 % of the tokens are to be found. Of these, 80 % become the mask, 10 % any token,
    and 10 % stay: https://arxiv.org/abs/1810.04805, section 3.1. Others are hidden in
    each epoch of training; in validation and test they are always the same.
    """

    name = "masked-language-modelling"
    takes_data_of = "masked-language-modelling"
    metrics: ClassVar = {"accuracy": "max"}
    headline = "accuracy"
    origin = "masked"

    def fit(
        self,
        raw: np.ndarray | None,
        rows: np.ndarray,
        signature: Signature,
        num_classes: int | Literal["auto"],
        source: str,
    ) -> HiddenTokens:
        """Return targets with the vocabulary size of the model's input."""
        return HiddenTokens.of_inputs(signature)

    def targets_from_json(self, values: dict[str, Any]) -> HiddenTokens:
        """Return the targets that `HiddenTokens.to_json` describes."""
        return HiddenTokens.from_json(values)

    def loss(self, config: "Config") -> "keras.losses.Loss":
        """Return cross-entropy over the hidden tokens of a batch."""
        from kerasdl.losses import SparseCategoricalCrossentropy

        return SparseCategoricalCrossentropy(from_logits=True, ignore_class=NO_TARGET)

    def keras_metrics(self, config: "Config") -> "list[keras.metrics.Metric]":
        """Return the accuracy metric."""
        from kerasdl.losses import AccuracyOfFound

        return [AccuracyOfFound(name="accuracy")]

    def baselines(
        self, config: "Config", dataset: "Dataset"
    ) -> dict[str, dict[str, Any]]:
        """Score the most frequent token."""
        _, y = dataset.train.plain().arrays()
        _, y_test = dataset.test.arrays()
        size = cast(HiddenTokens, dataset.targets).vocabulary_size
        counts = np.bincount(y[y != NO_TARGET], minlength=size)
        hidden = y_test[y_test != NO_TARGET]
        share = float((hidden == counts.argmax()).mean()) if len(hidden) else 0.0
        return {"most frequent token": {"accuracy": share}}

    def measure(
        self,
        model: "keras.Model",
        examples: "Examples",
        targets: Targets,
        config: "Config",
        batch_size: int,
    ) -> Measured:
        """Return the loss, the accuracy, and the bits of a hidden token."""
        found = measured_tokens(model, examples, self.loss(config), batch_size)
        scores = {"loss": found.loss, "accuracy": found.accuracy}
        scores["bits_per_token"] = found.loss / math.log(2)
        return Measured(
            scores, {} if found.count else {"accuracy": "no token is hidden"}
        )
