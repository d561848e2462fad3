"""Classes as targets."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasdl.data.arrays import check_vector
from kerasdl.data.measure import Measure
from kerasdl.data.table.table import listing
from kerasdl.data.target_error import TargetError
from kerasdl.data.targets import Errors, Pair, Targets
from kerasdl.errors import DataError
from kerasdl.figures import Figure

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

    @property
    def all_names(self) -> list[str]:
        """Name of each class, or its number."""
        return [*self.names] or [*map(str, range(self.num_classes))]

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return `(num_classes,)`."""
        return (self.num_classes,)

    def encode(
        self, raw: np.ndarray, rows: np.ndarray, source: str, name: str = "y"
    ) -> np.ndarray:
        """Return int32 labels of shape `(examples,)`."""
        check_vector(raw, name, source)
        if not self.names:
            check_labels(raw, name, source)
            check_known(raw, self.num_classes, name, source)
            return raw[rows].astype("int32")
        numbers = {label: number for number, label in enumerate(self.names)}
        labels = raw[rows].tolist()
        unknown = [label not in numbers for label in labels]
        if any(unknown):
            known = listing(self.names[:MOST_NAMES], len(self.names))
            rule, hint = ", a class unknown to the model", f"it knows {known}"
            raise TargetError(raw, rows[unknown], source, rule, hint, name)
        return np.array([numbers[label] for label in labels], "int32")

    def score(self, encoded: np.ndarray, outputs: np.ndarray) -> dict[str, float]:
        """Return the scores of `kerasdl.diagnostics.scores.classification_scores`."""
        from kerasdl.diagnostics.scores import classification_scores

        return classification_scores(encoded, _probabilities(outputs))

    def undefined(self, encoded: np.ndarray) -> dict[str, str]:
        """Return the scores that need an example of a class without one."""
        from kerasdl.diagnostics.scores import MAX_RANKED, undefined_for_classes

        reasons = {}
        undefined = undefined_for_classes(encoded, self.num_classes)
        for score, missing in undefined.items():
            reasons[score] = f"there are more than {MAX_RANKED:,} probabilities"
            if missing:
                names = [self.name_of(number) for number in missing[:MOST_NAMES]]
                shown = listing(names, len(missing))
                reasons[score] = f"no example has the class {shown}"
        return reasons

    def score_resamples(
        self, name: str, encoded: np.ndarray, outputs: np.ndarray, counts: np.ndarray
    ) -> np.ndarray | None:
        """Return the accuracy of resamples."""
        from kerasdl.diagnostics.bootstrap import mean_of_resamples

        if name != "accuracy":
            return None
        return mean_of_resamples(outputs.argmax(-1) == encoded, counts)

    def details(self, encoded: np.ndarray, outputs: np.ndarray) -> dict[str, Any]:
        """Return the names of the classes and the confusion matrix."""
        from kerasdl.diagnostics.confusion import confusion

        return confusion(encoded, outputs.argmax(-1), self.all_names)

    def figures(self, test: Pair, validation: Pair | None) -> list[Figure]:
        """Return scores by class, confusions, ranking and calibration."""
        from kerasdl.diagnostics.class_figures import class_figures

        return class_figures(*test, self.all_names, validation)

    def explained(self, outputs: np.ndarray) -> np.ndarray:
        """Return the number of the class that is predicted."""
        return outputs.argmax(-1)

    def errors(self, encoded: np.ndarray, outputs: np.ndarray) -> Errors:
        """Return the confidence of wrong predictions."""
        shares = _probabilities(outputs)
        predicted, confidence = shares.argmax(-1), shares.max(-1)
        right = predicted == encoded
        named = np.array(self.all_names, object)
        columns = {"target": named[encoded], "prediction": named[predicted]}
        return Errors(
            "accuracy",
            right.astype("float64"),
            True,
            np.where(right, 0.0, confidence),
            columns | {"confidence": confidence},
        )

    def measures(self, encoded: np.ndarray, outputs: np.ndarray) -> list[Measure]:
        """Return the accuracy, and the rates of each class; of two, of the second one."""
        from kerasdl.diagnostics import group_measures
        from kerasdl.diagnostics.confusion import MAX_CLASSES

        predicted = outputs.argmax(-1)
        found = [group_measures.mean_measure("accuracy", predicted == encoded)]
        numbers = range(min(self.num_classes, MAX_CLASSES))
        for number in [1] if self.num_classes == 2 else numbers:
            own = encoded == number, predicted == number
            found += group_measures.share_measures(*own, self.name_of(number))
        return found

    def name_of(self, number: int) -> str:
        """Return the name of a class."""
        return self.names[number] if self.names else str(number)

    def predictions(
        self, inputs: np.ndarray, outputs: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Return the most probable class, and the probability of each."""
        shares = _probabilities(outputs)
        names: Any = self.names or range(self.num_classes)
        named = np.array(names, object if self.names else "int64")
        columns = {"prediction": named[shares.argmax(-1)]}
        for number, name in enumerate(names):
            columns[f"probability {name}"] = shares[:, number]
        return columns

    def captions(self, encoded: np.ndarray) -> list[str]:
        """Return the name of each class, or of those that are mixed with their shares."""
        shares = self.shares(encoded) if encoded.ndim == 1 else encoded
        captions = []
        for row in shares:
            named = [
                (self.name_of(n), row[n]) for n in np.flatnonzero(row >= 0.01).tolist()
            ]
            mixed = [f"{name} {share:.2f}" for name, share in named]
            captions.append(", ".join(mixed) if len(named) > 1 else named[0][0])
        return captions

    def shares(self, encoded: np.ndarray) -> np.ndarray:
        """Return one-hot labels, float32 of shape `(examples, num_classes)`."""
        return np.eye(self.num_classes, dtype="float32")[encoded]


def check_labels(raw: np.ndarray, name: str, source: str) -> None:
    """Raise `DataError` unless all labels are integers from 0."""
    where = f"in {source}"
    if raw.dtype.kind not in "bui":
        what = f"{name} has dtype {raw.dtype} {where}; class labels are integers from 0"
        raise DataError(what, f"cast {name}, or use a regression preset")
    if (negative := np.flatnonzero(raw < 0)).size:
        rule, hint = "; class labels start at 0", "renumber the classes 0, 1, …"
        raise TargetError(raw, negative, source, rule, hint, name)


def check_known(raw: np.ndarray, num_classes: int, name: str, source: str) -> None:
    """Raise `DataError` if a label is `num_classes` or more."""
    if (unknown := np.flatnonzero(raw >= num_classes)).size:
        rule = f"; the {num_classes} classes are 0 … {num_classes - 1}"
        hint = "fix the label, or set data.num_classes"
        raise TargetError(raw, unknown, source, rule, hint, name)


def _probabilities(outputs: np.ndarray) -> np.ndarray:
    """Return the softmax of logits, in float64."""
    from scipy.special import softmax

    return softmax(outputs.astype("float64"), axis=-1)
