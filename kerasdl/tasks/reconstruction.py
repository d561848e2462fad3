"""The inputs themselves."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from kerasdl.data.signature import Signature
from kerasdl.data.targets import Targets
from kerasdl.tasks.task import Task

if TYPE_CHECKING:
    import keras

    from kerasdl.config import Config
    from kerasdl.data import Dataset


@dataclass(frozen=True)
class Inputs(Targets):
    """The inputs, as the model takes them: nothing is learned of them as targets."""

    origin = "inputs"

    @property
    def num_outputs(self) -> None:
        """None: a model that reconstructs has as many outputs as inputs."""

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of an input."""
        return input_shape

    def encode(
        self, raw: np.ndarray, rows: np.ndarray, source: str, name: str = "x"
    ) -> np.ndarray:
        """Return the inputs as they are."""
        return raw[rows]

    def score(self, encoded: np.ndarray, outputs: np.ndarray) -> dict[str, float]:
        """Return R², weighted by variance, and the mean squared error."""
        from kerasdl.diagnostics.baseline import reconstruction_score

        return reconstruction_score(encoded, outputs)


class Reconstruction(Task):
    """The inputs themselves, from fewer numbers; the loss is metric enough."""

    name = "reconstruction"
    takes_data_of = "reconstruction"
    metrics: ClassVar = {}
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
        """Return what says that targets are inputs."""
        return Inputs()

    def targets_from_json(self, values: dict[str, Any]) -> Inputs:
        """Return what `Inputs.to_json` gave."""
        return Inputs(**values)

    def loss(self, config: "Config") -> "keras.losses.Loss":
        """Return the mean squared error, in units of the variance."""
        from keras import losses

        return losses.MeanSquaredError()

    def keras_metrics(self, config: "Config") -> "list[keras.metrics.Metric]":
        """Return none."""
        return []

    def baselines(
        self, config: "Config", dataset: "Dataset"
    ) -> dict[str, dict[str, Any]]:
        """Score principal components, as many as the model has numbers in the middle."""
        from kerasdl.diagnostics.baseline import reconstruction_baselines

        x, x_test = (part.arrays()[0] for part in (dataset.train, dataset.test))
        return reconstruction_baselines(x, x_test, config.model.latent_units)
