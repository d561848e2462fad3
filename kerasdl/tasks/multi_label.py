"""Multi-label classification."""

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from kerasdl.data.json_tuple import json_tuple
from kerasdl.data.signature import Signature
from kerasdl.data.target_error import in_column
from kerasdl.data.targets import Targets
from kerasdl.finding import Finding
from kerasdl.tasks.classification import mixes
from kerasdl.tasks.label_lists import are_lists, check_lists, names_in
from kerasdl.tasks.labels import Labels, as_columns, check_label, ordered
from kerasdl.tasks.target_columns import check_columns
from kerasdl.tasks.task import Task

if TYPE_CHECKING:
    import keras

    from kerasdl.config import Config
    from kerasdl.data import Dataset


class MultiLabel(Task):
    """Multi-label classification: each label is positive or not, by a logit of its own.

    The macro average precision is the headline. Labels are often rare, and the area
    under the ROC curve is then high although most of those found are wrong. Saito &
    Rehmsmeier 2015, https://doi.org/10.1371/journal.pone.0118432.
    """

    name = "multi-label"
    takes_data_of = "multi-label"
    metrics: ClassVar = {"binary_accuracy": "max"}
    scores: ClassVar = {
        "average_precision": "max",
        "roc_auc": "max",
        "f1": "max",
        "subset_accuracy": "max",
        "binary_accuracy": "max",
        "log_loss": "min",
        "calibration_error": "min",
    }
    headline = "average_precision"
    has_classes = True
    mixes = True
    several_targets = True

    @classmethod
    def meaningless(cls) -> dict[str, Any]:
        """Return the keys without meaning: the other of two values has all smoothing."""
        return super().meaningless() | {"loss.smoothing": "uniform"}

    def check(
        self, raw: np.ndarray, num_classes: int | Literal["auto"], source: str
    ) -> None:
        """Raise `DataError` unless each label has two values."""
        if are_lists(raw):
            check_lists(raw, source)
            return
        columns = as_columns(raw)
        check_columns(columns, "y", source)
        for place, column in enumerate(columns.T):
            with in_column(place):
                check_label(column, "y", source)

    def fit(
        self,
        raw: np.ndarray | None,
        rows: np.ndarray,
        signature: Signature,
        num_classes: int | Literal["auto"],
        source: str,
    ) -> Labels:
        """Return the labels; of two texts, the last one by name is positive."""
        assert raw is not None
        if are_lists(raw):
            names = names_in(raw)
            return Labels(len(names), names=names)
        columns = as_columns(raw)
        if raw.dtype.kind != "O":
            return Labels(columns.shape[1])
        return Labels(columns.shape[1], tuple(map(ordered, columns.T)))

    def targets_from_json(self, values: dict[str, Any]) -> Labels:
        """Return the labels that `Labels.to_json` describes."""
        lists = {"names": json_tuple(values["names"])}
        lists["values"] = tuple(map(json_tuple, json_tuple(values["values"])))
        labels = Labels(**{**values, **lists})
        labels.check()
        return labels

    def loss(self, config: "Config") -> "keras.losses.Loss":
        """Return binary cross-entropy of logits, with the smoothing of `[loss]`."""
        from keras import losses

        smoothing = config.loss.label_smoothing
        return losses.BinaryCrossentropy(from_logits=True, label_smoothing=smoothing)

    def keras_metrics(self, config: "Config") -> "list[keras.metrics.Metric]":
        """Return the accuracy over all labels."""
        from keras import metrics

        name = "binary_accuracy"
        if mixes(config):
            return [metrics.MeanMetricWrapper(_accuracy_of_shares, name)]
        return [metrics.BinaryAccuracy(name, threshold=0.0)]

    def baselines(
        self, config: "Config", dataset: "Dataset"
    ) -> dict[str, dict[str, Any]]:
        """Score the frequencies, logistic regression and boosted trees of each label."""
        from kerasdl.diagnostics.label_baselines import label_classifiers

        features = dataset.preprocessing.linear_features
        return label_classifiers(
            dataset.train.plain(), dataset.test, features, dataset.targets
        )

    def findings(
        self,
        config: "Config",
        encoded: np.ndarray,
        targets: Targets,
        weights: np.ndarray | None,
    ) -> list[Finding]:
        """Return which value of each label is the positive one."""
        assert isinstance(targets, Labels)
        return targets.findings()


def _accuracy_of_shares(y_true: Any, y_pred: Any) -> Any:
    """Return how often logits are on the same side as mixed labels."""
    from keras import metrics, ops

    labels = ops.cast(ops.greater(y_true, 0.5), "float32")
    return metrics.binary_accuracy(labels, y_pred, threshold=0.0)
