"""Classification."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from kerasdl.data.arrays import check_vector
from kerasdl.data.signature import Signature
from kerasdl.data.target_error import TargetError
from kerasdl.data.targets import Targets
from kerasdl.errors import ConfigError, DataError
from kerasdl.finding import Finding
from kerasdl.tasks.class_weights import class_weights
from kerasdl.tasks.classes import Classes, check_known, check_labels
from kerasdl.tasks.imbalance import imbalance, weightless
from kerasdl.tasks.task import Task

if TYPE_CHECKING:
    import keras

    from kerasdl.config import Config
    from kerasdl.data import Dataset


class Classification(Task):
    """Classification: the class with the largest logit."""

    name = "classification"
    takes_data_of = "classification"
    metrics: ClassVar = {"accuracy": "max"}
    scores: ClassVar = {
        "accuracy": "max",
        "roc_auc": "max",
        "balanced_accuracy": "max",
        "f1": "max",
        "average_precision": "max",
        "log_loss": "min",
        "calibration_error": "min",
    }
    headline = "accuracy"
    has_classes = True
    counts_classes = True
    weighs_classes = True
    mixes = True
    stratified = True

    def check(
        self, raw: np.ndarray, num_classes: int | Literal["auto"], source: str
    ) -> None:
        """Raise `DataError` unless there are at least two classes, without gaps."""
        check_vector(raw, "y", source)
        if raw.dtype.kind == "O":
            if num_classes not in ("auto", count := len(set(raw.tolist()))):
                what = f"{source} has {count} classes, not {num_classes}"
                raise DataError(what, "remove data.num_classes")
        else:
            check_labels(raw, "y", source)
            count = _count(raw, source) if num_classes == "auto" else num_classes
            check_known(raw, count, "y", source)
        if len(raw) and (raw == raw[0]).all():
            what = f"every label in {source} is {raw[0]!s}"
            raise DataError(what, "give examples of at least two classes")

    def fit(
        self,
        raw: np.ndarray | None,
        rows: np.ndarray,
        signature: Signature,
        num_classes: int | Literal["auto"],
        source: str,
    ) -> Classes:
        """Return the classes: text labels are sorted, integers stay unchanged."""
        assert raw is not None
        if raw.dtype.kind == "O":
            names = tuple(sorted(set(raw.tolist())))
            return Classes(len(names), names)
        return Classes(_count(raw, source) if num_classes == "auto" else num_classes)

    def targets_from_json(self, values: dict[str, Any]) -> Classes:
        """Return the classes that `Classes.to_json` describes."""
        classes = Classes(**{**values, "names": tuple(values["names"])})
        count = classes.num_classes
        if type(count) is not int or count < 1:
            raise ValueError(f"num_classes is {count!r}")
        if not all(isinstance(name, str) for name in classes.names):
            raise TypeError("a class name is not a string")
        if classes.names and len(classes.names) != count:
            raise ValueError(f"{count} classes have {len(classes.names)} names")
        return classes

    def loss(self, config: "Config") -> "keras.losses.Loss":
        """Return cross-entropy of logits with the smoothing of `[loss]`."""
        import keras

        from kerasdl.losses import SparseCategoricalCrossentropy

        smoothing = config.loss.label_smoothing
        if mixes(config):
            return keras.losses.CategoricalCrossentropy(True, smoothing)
        return SparseCategoricalCrossentropy(
            from_logits=True,
            label_smoothing=smoothing,
            smoothing=config.loss.smoothing,
        )

    def keras_metrics(self, config: "Config") -> "list[keras.metrics.Metric]":
        """Return the accuracy metric."""
        from keras import metrics

        if mixes(config):
            return [metrics.CategoricalAccuracy(name="accuracy")]
        return [metrics.SparseCategoricalAccuracy(name="accuracy")]

    def weights(
        self, config: "Config", encoded: np.ndarray, targets: Targets, given: np.ndarray
    ) -> np.ndarray:
        """Return the given weights, times those of the classes."""
        assert isinstance(targets, Classes)
        setting = config.training.class_weights
        return given * class_weights(setting, encoded, targets, given)[encoded]

    def findings(
        self,
        config: "Config",
        encoded: np.ndarray,
        targets: Targets,
        weights: np.ndarray | None,
    ) -> Iterator[Finding]:
        """Yield a finding if some classes are rare, and for each that weighs nothing."""
        assert isinstance(targets, Classes)
        yield from imbalance(config.training.class_weights, encoded, targets)
        if weights is not None:
            yield from weightless(encoded, targets, weights)

    def as_trained(
        self, config: "Config", encoded: np.ndarray, targets: Targets
    ) -> np.ndarray:
        """Return labels, or class probabilities if training mixes examples."""
        assert isinstance(targets, Classes)
        return targets.shares(encoded) if mixes(config) else encoded

    def baselines(
        self, config: "Config", dataset: "Dataset"
    ) -> dict[str, dict[str, Any]]:
        """Score the majority class, logistic regression and boosted trees."""
        from kerasdl.diagnostics.baseline import classifiers

        features = dataset.preprocessing.linear_features
        return classifiers(
            dataset.train.plain(), dataset.test, features, dataset.targets
        )

    def faults(self, data: Any, loss: Any, training: Any) -> list[ConfigError]:
        """Return errors, also for `others` smoothing of mixed examples."""
        faults = super().faults(data, loss, training)
        for key in ("mixup", "cutmix"):
            alpha = getattr(training, key)
            if alpha > 0 and loss.smoothing == "others":
                what = f"training.{key} (={alpha}) excludes loss.smoothing 'others'"
                faults.append(ConfigError(what, "set loss.smoothing to 'uniform'"))
        return faults


def mixes(config: "Config") -> bool:
    """Return whether training mixes examples, with class probabilities as targets."""
    return config.training.mixup > 0 or config.training.cutmix > 0


def _count(raw: np.ndarray, source: str) -> int:
    """Return the number of classes; raise `DataError` if their numbers have gaps."""
    labels = np.unique(raw)
    if (gaps := np.flatnonzero(labels != np.arange(len(labels)))).size:
        missing, label = int(gaps[0]), labels[gaps[0]]
        rule = f", but no example has class {missing}"
        hint = "number the classes without gaps, or set data.num_classes"
        raise TargetError(raw, [int(np.argmax(raw == label))], source, rule, hint)
    return len(labels)
