"""Labels as targets: several columns of two values each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasdl.data.arrays import check_numbers
from kerasdl.data.measure import Measure
from kerasdl.data.table.table import listing
from kerasdl.data.target_error import TargetError, in_column
from kerasdl.data.targets import Errors, Pair
from kerasdl.figures import Figure
from kerasdl.finding import Finding
from kerasdl.tasks.label_lists import are_lists, encode_lists
from kerasdl.tasks.target_columns import TargetColumns, check_columns

MOST_NAMES = 20
"""Names of labels that a message lists."""
MOST_ROWS = 3
"""Rows with a third value that a message lists; it may be most of them."""
MAX_RESAMPLED = 100_000
"""Limit of examples × labels for resampled scores that rank; more takes many seconds."""


@dataclass(frozen=True)
class Labels(TargetColumns):
    """Labels of a training split, each positive or negative.

    Args:
        num_labels: Number of labels.
        values: The negative and the positive value of each label; empty for 0 and 1.
        names: Name of each label; empty if the data have none.
    """

    num_labels: int
    values: tuple[tuple[str, str], ...] = ()
    names: tuple[str, ...] = ()

    @property
    def num_outputs(self) -> int:
        """Number of labels: one logit per label."""
        return self.num_labels

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return `(labels,)`."""
        return (self.num_labels,)

    def check(self) -> None:
        """Raise `TypeError` or `ValueError` unless these are labels."""
        if type(self.num_labels) is not int or self.num_labels < 1:
            raise ValueError(f"num_labels is {self.num_labels!r}")
        self.check_names()
        if len(self.values) not in (0, self.num_labels):
            raise ValueError(f"{self.num_labels} labels have {len(self.values)} pairs")
        for pair in self.values:
            if len({*pair}) != 2 or not all(isinstance(text, str) for text in pair):
                raise ValueError(f"{pair!r} are not the two values of a label")

    def findings(self) -> list[Finding]:
        """Return which value of each label is the positive one."""
        if not self.values:
            return []
        pairs = [*zip(self.all_names, self.values, strict=True)]
        shown = [f"{name!r} is {yes!r}" for name, (_, yes) in pairs[:MOST_NAMES]]
        what = f"a label is positive where {listing(shown, len(pairs))}"
        return [Finding("labels", what, severity="info")]

    def encode(
        self, raw: np.ndarray, rows: np.ndarray, source: str, name: str = "y"
    ) -> np.ndarray:
        """Return float32 of shape `(examples, labels)`: 1 for positive, 0 for negative."""
        if are_lists(raw):
            return encode_lists(raw, rows, self.all_names, source, name)
        raw = as_columns(raw)
        check_columns(raw, name, source, self.num_labels)
        encoded = np.empty((len(rows), self.num_labels), "float32")
        for place, column in enumerate(raw.T):
            with in_column(place):
                encoded[:, place] = self._positive(place, column, rows, source, name)
        return encoded

    def _positive(
        self, place: int, column: np.ndarray, rows: np.ndarray, source: str, name: str
    ) -> np.ndarray:
        """Return which rows of a column are positive."""
        if not self.values:
            check_binary(column, name, source)
            return column[rows] == 1
        chosen, pair = column[rows], self.values[place]
        unknown = ~np.isin(chosen, np.array(pair, object))
        if unknown.any():
            rule, hint = ", a value unknown to the model", f"it knows {listed(pair)}"
            raise TargetError(column, rows[unknown], source, rule, hint, name)
        return chosen == pair[1]

    def predictions(
        self, inputs: np.ndarray, outputs: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Return the more probable value of each label, and the positive one's share."""
        shares = _probabilities(outputs)
        columns: dict[str, np.ndarray] = {}
        for place, name in enumerate(self.all_names):
            pair = np.array(self.values[place], object) if self.values else np.arange(2)
            columns[f"prediction {name}"] = pair[(outputs[:, place] > 0).astype(int)]
        for place, name in enumerate(self.all_names):
            columns[f"probability {name}"] = shares[:, place]
        return columns

    def score(self, encoded: np.ndarray, outputs: np.ndarray) -> dict[str, float]:
        """Return the scores of `kerasdl.diagnostics.label_scores`."""
        from kerasdl.diagnostics.label_scores import label_scores

        return label_scores(encoded, _probabilities(outputs))

    def undefined(self, encoded: np.ndarray) -> dict[str, str]:
        """Return the scores that need a label with both values, without one."""
        from kerasdl.diagnostics.label_scores import undefined_for_labels

        return undefined_for_labels(encoded)

    def partial(self, encoded: np.ndarray) -> dict[str, str]:
        """Return the scores that leave out labels of one value only."""
        from kerasdl.diagnostics.label_scores import OF_BOTH, has_both

        absent = np.flatnonzero(~has_both(encoded))
        left = [each for each in OF_BOTH if each not in self.undefined(encoded)]
        if not len(absent):
            return {}
        names = [repr(self.all_names[place]) for place in absent[:MOST_NAMES]]
        reason = f"without {listing(names, len(absent))}, of one value only"
        return dict.fromkeys(left, reason)

    def score_resamples(
        self, name: str, encoded: np.ndarray, outputs: np.ndarray, counts: np.ndarray
    ) -> np.ndarray | None:
        """Return the average precision or an accuracy of resamples."""
        from kerasdl.diagnostics.bootstrap import mean_of_resamples
        from kerasdl.diagnostics.label_scores import average_precision_of_resamples

        right = (outputs > 0) == (encoded > 0)
        if name == "binary_accuracy":
            return mean_of_resamples(right.mean(-1), counts)
        if name == "subset_accuracy":
            return mean_of_resamples(right.all(-1), counts)
        if name != "average_precision" or encoded.size > MAX_RESAMPLED:
            return None
        return average_precision_of_resamples(encoded, _probabilities(outputs), counts)

    def details(self, encoded: np.ndarray, outputs: np.ndarray) -> dict[str, Any]:
        """Return the positive value, the share and the scores of each label."""
        from kerasdl.diagnostics.label_scores import scores_of_label

        shares, found = _probabilities(outputs), {}
        ranks = "roc_auc" not in self.undefined(encoded)
        for place, name in enumerate(self.all_names):
            own: dict[str, Any] = {"positive": self._positive_value(place)}
            own["share"] = float(encoded[:, place].mean(dtype="float64"))
            scores = scores_of_label(encoded[:, place], shares[:, place], ranks)
            found[name] = own | scores
        return {"by_label": found}

    def figures(self, test: Pair, validation: Pair | None) -> list[Figure]:
        """Return scores by label, and ranking."""
        from kerasdl.diagnostics.label_figures import label_figures

        encoded, outputs = test
        return label_figures(encoded, _probabilities(outputs), self.all_names)

    def explained(self, outputs: np.ndarray) -> np.ndarray:
        """Return the number of the label that is most probable."""
        return outputs.argmax(-1)

    def errors(self, encoded: np.ndarray, outputs: np.ndarray) -> Errors:
        """Return the share of labels that are wrong, the most confident ones first."""
        given, chosen = encoded > 0, outputs > 0
        wrong = given != chosen
        distances = np.abs(_probabilities(outputs) - encoded)
        sizes = np.where(wrong, distances, 0.0).max(axis=1)
        columns = {"target": self._named(given), "prediction": self._named(chosen)}
        return Errors("labels wrong", wrong.mean(axis=1), False, sizes, columns)

    def measures(self, encoded: np.ndarray, outputs: np.ndarray) -> list[Measure]:
        """Return the share of labels that are right, and the rates of each label."""
        from kerasdl.diagnostics import group_measures

        given, chosen = encoded > 0, outputs > 0
        right = (given == chosen).mean(-1)
        found = [group_measures.mean_measure("binary accuracy", right)]
        for place, name in enumerate(self.all_names[:MOST_NAMES]):
            own = given[:, place], chosen[:, place]
            found += group_measures.share_measures(*own, name)
        return found

    def _named(self, given: np.ndarray) -> np.ndarray:
        """Return the names of the labels of each example, joined."""
        names = np.array(self.all_names, object)
        return np.array([", ".join(names[row]) or "none" for row in given], object)

    def _positive_value(self, place: int) -> str | int:
        return self.values[place][1] if self.values else 1


def as_columns(raw: np.ndarray) -> np.ndarray:
    """Return targets with an axis for labels, also where there is one label only."""
    return raw[:, None] if raw.ndim == 1 else raw


def check_binary(column: np.ndarray, name: str, source: str) -> None:
    """Raise `DataError` unless all numbers of a label are 0 or 1."""
    check_numbers(column, name, source)
    if (wrong := np.flatnonzero(~np.isin(column, (0, 1)))).size:
        rule, hint = "; labels are 0 or 1", "encode the label as 0 and 1"
        raise TargetError(column, wrong, source, rule, hint, name)


def check_label(column: np.ndarray, name: str, source: str) -> None:
    """Raise `DataError` unless a label of a training set has two values.

    Args:
        column: Raw values of shape `(examples,)`: numbers, or objects that are `str`.
        name: Name of the array, for messages.
        source: Name of the set or path of the file, for messages.
    """
    if column.dtype.kind != "O":
        check_binary(column, name, source)
    values, places, counts = np.unique(column, return_inverse=True, return_counts=True)
    if len(values) > 2:
        common = np.argsort(-counts, kind="stable")[:2]
        others = np.flatnonzero(~np.isin(places, common))
        rule = f"; a label has two values, such as {listed(values[np.sort(common)])}"
        rule += f", not {len(values)}"
        hint = "predict it alone, or make labels of its values"
        raise TargetError(column, others[:MOST_ROWS], source, rule, hint, name)
    if len(values) == 1:
        rule, hint = ", as in all rows", "give rows of both values, or leave it out"
        raise TargetError(column, [0], source, rule, hint, name)


def ordered(column: np.ndarray) -> tuple[str, str]:
    """Return the negative and the positive value of a label: the greater one, or last."""
    values = {*column.tolist()}
    try:
        negative, positive = sorted(values, key=float)
    except ValueError:
        negative, positive = sorted(values)
    return negative, positive


def listed(values: Sequence[Any] | np.ndarray) -> str:
    """List two values for a message."""
    return " and ".join(map(repr, np.asarray(values, object).tolist()))


def _probabilities(outputs: np.ndarray) -> np.ndarray:
    """Return the sigmoid of logits, in float64."""
    from scipy.special import expit

    return expit(outputs.astype("float64"))
