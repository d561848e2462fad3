"""A task: counts, such as visits a day."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from kerasdl.data.targets import Targets
from kerasdl.errors import DataError
from kerasdl.tasks.task import Task


@dataclass(frozen=True)
class CountTargets(Targets):
    """Counts, of which a model predicts the logarithm of the mean."""

    means: tuple[float, ...]

    @property
    def num_outputs(self) -> int:
        """One per count."""
        return len(self.means)

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return `(counts,)`."""
        return (self.num_outputs,)

    def encode(
        self, raw: np.ndarray, rows: np.ndarray, source: str, name: str = "y"
    ) -> np.ndarray:
        """Return float32 counts."""
        if raw.shape[1:] != (self.num_outputs,) or not (raw >= 0).all():
            hint = f"give {self.num_outputs} counts from 0 for each example"
            raise DataError(f"{name} of {source} is not what was learned", hint)
        return raw[rows].astype("float32")

    def predictions(
        self, inputs: np.ndarray, outputs: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Return the mean of each count."""
        means = np.exp(outputs.astype("float64"))
        return {f"prediction {n}": mean for n, mean in enumerate(means.T, start=1)}

    def score(self, encoded: np.ndarray, outputs: np.ndarray) -> dict[str, float]:
        """Return the mean negative log-likelihood, without what no model changes."""
        return {"poisson": float((np.exp(outputs) - encoded * outputs).mean())}


class Counts(Task):
    """Counts, each from a Poisson distribution with the mean that is predicted."""

    name = "counts"
    takes_data_of = "counts"
    metrics: ClassVar = {}
    headline = "poisson"

    def fit(
        self, raw: Any, rows: np.ndarray, signature: Any, num_classes: Any, source: str
    ) -> CountTargets:
        """Return the mean counts of the training examples."""
        return CountTargets(tuple(np.maximum(raw[rows].mean(axis=0), 1e-6).tolist()))

    def targets_from_json(self, values: dict[str, Any]) -> CountTargets:
        """Return the targets that `to_json` describes."""
        return CountTargets(tuple(float(mean) for mean in values["means"]))

    def loss(self, config: Any) -> Any:
        """Return the negative log-likelihood."""
        from keras import losses, ops

        class Poisson(losses.Loss):
            def call(self, y_true: Any, y_pred: Any) -> Any:
                return ops.mean(ops.exp(y_pred) - y_true * y_pred, axis=-1)

        return Poisson()

    def keras_metrics(self, config: Any) -> list:
        """Return no metric; the loss is the score."""
        return []

    def baselines(self, config: Any, dataset: Any) -> dict[str, dict[str, Any]]:
        """Score the mean counts of the training examples."""
        _, y = dataset.test.arrays()
        outputs = np.broadcast_to(np.log(dataset.targets.means), y.shape)
        return {"mean": dataset.targets.score(y, outputs)}
