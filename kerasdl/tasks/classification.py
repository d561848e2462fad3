"""Classification."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from kerasdl.data.arrays import check_vector
from kerasdl.data.signature import Signature
from kerasdl.data.targets import Targets
from kerasdl.errors import ConfigError, DataError
from kerasdl.tasks.task import Task

if TYPE_CHECKING:
    import keras

    from kerasdl.config import Config
    from kerasdl.data import Dataset


MOST_NAMES = 20
"""Class names that a message lists."""


@dataclass(frozen=True)
class Classes(Targets):
    """Classes of a training split.

    Args:
        num_classes: Number of classes.
        names: Name of each class; empty if the data has integer labels.
    """

    num_classes: int
    names: tuple[str, ...] = ()

    @property
    def num_outputs(self) -> int:
        """Number of classes: one logit per class."""
        return self.num_classes

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return `(num_classes,)`."""
        return (self.num_classes,)

    def encode(
        self, raw: np.ndarray, rows: np.ndarray, source: str, name: str = "y"
    ) -> np.ndarray:
        """Return int32 labels of shape `(examples,)`."""
        check_vector(raw, name, source)
        if not self.names:
            _check_labels(raw, name, source)
            _check_known(raw, self.num_classes, name, source)
            return raw[rows].astype("int32")
        numbers = {label: number for number, label in enumerate(self.names)}
        if unknown := sorted(set(raw[rows].tolist()) - numbers.keys()):
            what = f"{source} has the class {unknown[0]!r}"
            known = ", ".join(self.names[:MOST_NAMES])
            raise DataError(what, f"the model knows {known}")
        return np.array([numbers[label] for label in raw[rows].tolist()], "int32")

    def score(self, encoded: np.ndarray, outputs: np.ndarray) -> dict[str, float]:
        """Return the accuracy of the logits."""
        from sklearn.metrics import accuracy_score

        return {"accuracy": float(accuracy_score(encoded, outputs.argmax(-1)))}

    def predictions(
        self, inputs: np.ndarray, outputs: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Return the most probable class, and the probability of each."""
        from scipy.special import softmax

        shares = softmax(outputs.astype("float64"), axis=-1)
        names: Any = self.names or range(self.num_classes)
        named = np.array(names, object if self.names else "int64")
        columns = {"prediction": named[shares.argmax(-1)]}
        for number, name in enumerate(names):
            columns[f"probability {name}"] = shares[:, number]
        return columns

    def shares(self, encoded: np.ndarray) -> np.ndarray:
        """Return one-hot labels, float32 of shape `(examples, num_classes)`."""
        return np.eye(self.num_classes, dtype="float32")[encoded]


class Classification(Task):
    """Classification: the class with the largest logit."""

    name = "classification"
    takes_data_of = "classification"
    metrics: ClassVar = {"accuracy": "max"}
    headline = "accuracy"
    has_classes = True
    counts_classes = True
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
            _check_labels(raw, "y", source)
            count = _count(raw, source) if num_classes == "auto" else num_classes
            _check_known(raw, count, "y", source)
        if len(raw) and (raw == raw[0]).all():
            what = f"every label in {source} is {raw[0]}"
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

    def as_trained(
        self, config: "Config", encoded: np.ndarray, targets: Targets
    ) -> np.ndarray:
        """Return labels, or class probabilities if training mixes examples."""
        assert isinstance(targets, Classes)
        return targets.shares(encoded) if mixes(config) else encoded

    def baselines(
        self, config: "Config", dataset: "Dataset"
    ) -> dict[str, dict[str, Any]]:
        """Score the majority class and logistic regression."""
        from kerasdl.diagnostics.baseline import classifiers

        features = dataset.preprocessing.linear_features
        return classifiers(dataset.train, dataset.test, features)

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


def _check_labels(raw: np.ndarray, name: str, source: str) -> None:
    where = f"in {source}"
    if raw.dtype.kind not in "bui":
        what = f"{name} has dtype {raw.dtype} {where}; class labels are integers from 0"
        raise DataError(what, f"cast {name}, or use a regression preset")
    if (raw < 0).any():
        row = int(np.argmax(raw < 0))
        what = f"{name} is {raw[row]} at row {row} {where}; class labels start at 0"
        raise DataError(what, "renumber the classes 0, 1, …")


def _count(raw: np.ndarray, source: str) -> int:
    """Return the number of classes; raise `DataError` if their numbers have gaps."""
    labels = np.unique(raw)
    if (gaps := np.flatnonzero(labels != np.arange(len(labels)))).size:
        missing, label = int(gaps[0]), labels[gaps[0]]
        row = int(np.argmax(raw == label))
        what = f"y is {label} at row {row} in {source}, "
        what += f"but no example has class {missing}"
        hint = "number the classes without gaps, or set data.num_classes"
        raise DataError(what, hint)
    return len(labels)


def _check_known(raw: np.ndarray, num_classes: int, name: str, source: str) -> None:
    if (raw >= num_classes).any():
        row = int(np.argmax(raw >= num_classes))
        what = (
            f"{name} is {raw[row]} at row {row} in {source}; "
            f"the {num_classes} classes are 0 … {num_classes - 1}"
        )
        raise DataError(what, "fix the label, or set data.num_classes")
