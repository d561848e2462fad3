"""Reconstruction of the inputs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from kerasdl.data.ahead import in_order
from kerasdl.data.measure import Measure
from kerasdl.data.signature import Signature
from kerasdl.data.targets import Errors, Pair, Targets
from kerasdl.diagnostics import anomaly
from kerasdl.figures import Figure
from kerasdl.tasks.measured import Measured
from kerasdl.tasks.outputs import outputs_of
from kerasdl.tasks.task import Task

if TYPE_CHECKING:
    import keras

    from kerasdl.config import Config
    from kerasdl.data import Dataset, Examples


@dataclass(frozen=True)
class Inputs(Targets):
    """Encoded inputs as targets; nothing is fitted."""

    origin = "inputs"
    level = anomaly.THRESHOLD

    @property
    def num_outputs(self) -> None:
        """None: the output has the shape of the input."""

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the input shape."""
        return input_shape

    def encode(
        self, raw: np.ndarray, rows: np.ndarray, source: str, name: str = "x"
    ) -> np.ndarray:
        """Return the inputs unchanged."""
        return raw[rows]

    def predictions(
        self, inputs: np.ndarray, outputs: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Return the mean squared error of each reconstruction."""
        return {"error": self.residuals(inputs, outputs)}

    def residuals(self, encoded: np.ndarray, outputs: np.ndarray) -> np.ndarray:
        """Return the mean squared error of each reconstruction, over all features."""
        squares = (outputs.astype("float64") - encoded) ** 2
        return squares.reshape(len(encoded), -1).mean(-1)

    def calibrated(
        self,
        inputs: np.ndarray,
        outputs: np.ndarray,
        residuals: Sequence[Sequence[float]],
        level: float | None,
    ) -> dict[str, np.ndarray]:
        """Return the quantile of each error, and whether it reaches the threshold."""
        errors = self.residuals(inputs, outputs)
        quantiles = anomaly.error_quantiles(errors, residuals[0])
        found = {"error_quantile": quantiles}
        return found if level is None else found | {"anomaly": quantiles >= level}

    def score(self, encoded: np.ndarray, outputs: np.ndarray) -> dict[str, float]:
        """Return the variance-weighted R² and the mean squared error."""
        from kerasdl.diagnostics.scores import reconstruction_scores

        return reconstruction_scores(encoded, outputs)

    def undefined(self, encoded: np.ndarray) -> dict[str, str]:
        """Return R² of equal inputs."""
        from kerasdl.diagnostics.scores import undefined_r2

        return undefined_r2(encoded)

    def score_resamples(
        self, name: str, encoded: np.ndarray, outputs: np.ndarray, counts: np.ndarray
    ) -> np.ndarray | None:
        """Return the variance-weighted R² of resamples."""
        from kerasdl.diagnostics.bootstrap import r2_of_resamples

        return r2_of_resamples(encoded, outputs, counts) if name == "r2_score" else None

    def figures(self, test: Pair, validation: Pair | None) -> list[Figure]:
        """Return the errors of the reconstructions."""
        from kerasdl.diagnostics.number_figures import error_bars

        return [error_bars(self.residuals(*test), "mean squared error")]

    def measures(self, encoded: np.ndarray, outputs: np.ndarray) -> list[Measure]:
        """Return the mean squared error."""
        from kerasdl.diagnostics.group_measures import mean_measure

        return [mean_measure("mean squared error", self.residuals(encoded, outputs))]

    def errors(self, encoded: np.ndarray, outputs: np.ndarray) -> Errors:
        """Return the mean squared errors."""
        size = self.residuals(encoded, outputs)
        return Errors("mean squared error", size, False, size, {"error": size})


class Reconstruction(Task):
    """Reconstruction of inputs through a bottleneck."""

    name = "reconstruction"
    takes_data_of = "reconstruction"
    metrics: ClassVar = {}
    scores: ClassVar = {"r2_score": "max", "mean_squared_error": "min"}
    headline = "r2_score"
    origin = "inputs"
    smallest_test_set = 2

    def fit(
        self,
        raw: np.ndarray | None,
        rows: np.ndarray,
        signature: Signature,
        num_classes: int | Literal["auto"],
        source: str,
    ) -> Inputs:
        """Return the targets; nothing is fitted."""
        return Inputs()

    def targets_from_json(self, values: dict[str, Any]) -> Inputs:
        """Return the targets that `Inputs.to_json` describes."""
        return Inputs(**values)

    def loss(self, config: "Config") -> "keras.losses.Loss":
        """Return the mean squared error of the encoded inputs."""
        from keras import losses

        return losses.MeanSquaredError()

    def keras_metrics(self, config: "Config") -> "list[keras.metrics.Metric]":
        """Return no metrics."""
        return []

    def measure(
        self,
        model: "keras.Model",
        examples: "Examples",
        targets: Targets,
        config: "Config",
        batch_size: int,
    ) -> Measured:
        """Measure batch by batch what does not fit in memory."""
        if examples.resident() is not None:
            return super().measure(model, examples, targets, config, batch_size)
        measured = self.scored(model, examples, targets, batch_size)
        loss = {"loss": measured.scores.get("mean_squared_error", math.nan)}
        return replace(measured, scores=loss | measured.scores)

    def scored(
        self,
        model: "keras.Model",
        examples: "Examples",
        targets: Targets,
        batch_size: int,
    ) -> Measured:
        """Return the scores; those of what does not fit in memory batch by batch."""
        from kerasdl.diagnostics.streamed_reconstruction import StreamedReconstruction

        if examples.resident() is not None:
            return super().scored(model, examples, targets, batch_size)
        whole, size = StreamedReconstruction(), min(batch_size, len(examples))
        for x, *_ in in_order(examples, size):
            whole.add(x, outputs_of(model, x, size))
        return Measured(whole.scores(), whole.undefined(), residuals=whole.residuals())

    def baselines(
        self, config: "Config", dataset: "Dataset"
    ) -> dict[str, dict[str, Any]]:
        """Score PCA with as many components as the bottleneck of the model is wide."""
        from kerasdl.diagnostics.baseline import reconstruction_baselines

        if (components := config.model.bottleneck) is None:
            return {}
        return reconstruction_baselines(dataset.train.plain(), dataset.test, components)
