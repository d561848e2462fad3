"""Embedding: the vector that a model has for an example."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NoReturn

import numpy as np

from kerasdl.data.signature import Signature
from kerasdl.data.targets import Targets
from kerasdl.errors import ConfigError
from kerasdl.tasks.task import Task

if TYPE_CHECKING:
    import keras

    from kerasdl.config import Config
    from kerasdl.data import Dataset


@dataclass(frozen=True)
class Vectors(Targets):
    """No targets: the outputs themselves are what is wanted.

    Args:
        width: Length of a vector.
        normalized: Whether each vector is divided by its length, so that the product of
            two is the cosine of their angle.
    """

    width: int
    normalized: bool = False

    @property
    def num_outputs(self) -> None:
        """None: the model has no last layer."""

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return `(width,)`."""
        return (self.width,)

    def encode(
        self, raw: np.ndarray, rows: np.ndarray, source: str, name: str = "y"
    ) -> NoReturn:
        """Raise `ConfigError`: there is nothing to compare vectors with."""
        raise _no_targets()

    def score(self, encoded: np.ndarray, outputs: np.ndarray) -> dict[str, float]:
        """Return nothing."""
        return {}

    def predictions(
        self, inputs: np.ndarray, outputs: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Return the vectors, float32 of shape `(examples, width)`."""
        if self.normalized:
            lengths = np.linalg.norm(outputs, axis=-1, keepdims=True)
            outputs = outputs / np.maximum(lengths, 1e-12)
        return {"embedding": outputs}


class Embedding(Task):
    """Vectors of examples, from a model that was trained elsewhere."""

    name = "embedding"
    takes_data_of = "classification"
    metrics: ClassVar = {}
    headline = "none"
    learns = False

    def fit(
        self,
        raw: np.ndarray | None,
        rows: np.ndarray,
        signature: Signature,
        num_classes: int | Literal["auto"],
        source: str,
    ) -> NoReturn:
        """Raise `ConfigError`: it has nothing to learn."""
        raise _no_targets()

    def targets_from_json(self, values: dict[str, Any]) -> Vectors:
        """Return what `Vectors.to_json` describes."""
        vectors = Vectors(**values)
        if type(vectors.width) is not int or vectors.width < 1:
            raise ValueError(f"width is {vectors.width!r}")
        if type(vectors.normalized) is not bool:
            raise TypeError(f"normalized is {vectors.normalized!r}")
        return vectors

    def loss(self, config: "Config") -> "keras.losses.Loss":
        """Raise `ConfigError`: it has nothing to learn."""
        raise _no_targets()

    def keras_metrics(self, config: "Config") -> "list[keras.metrics.Metric]":
        """Return none."""
        return []

    def baselines(
        self, config: "Config", dataset: "Dataset"
    ) -> dict[str, dict[str, Any]]:
        """Return none."""
        return {}


def _no_targets() -> ConfigError:
    what = "embedding has no targets, so that it can neither be trained nor scored"
    return ConfigError(what, "train another task from these weights by --init-from")
