"""Base class of a fitted target encoding."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, ClassVar, Literal, NamedTuple, Self, cast

import numpy as np

from kerasdl.data.measure import Measure
from kerasdl.figures import Figure

Pair = tuple[np.ndarray, np.ndarray]
"""Encoded targets, and the outputs of a model for the same examples."""
Origin = Literal["given", "inputs", "next", "masked", "pairs"]
"""Source of targets: the data, the inputs themselves, the token after each input,
tokens that are hidden in it, or the other text of a pair."""
IN_THE_DATA = ("given", "pairs")
"""Sources of targets that the data hold."""


class Level(NamedTuple):
    """An option of `predict` in (0, 1), for columns calibrated on the validation split.

    Args:
        option: Name of the option.
        default: Value of the option by default.
        name: What the columns are, for messages.
        task: What has such columns, for messages.
    """

    option: str
    default: float
    name: str
    task: str


class Errors(NamedTuple):
    """How wrong predictions are.

    Args:
        name: Name of the score that is averaged over slices of the data.
        scores: That score of each example, floats of shape `(examples,)`.
        higher_is_better: Whether a higher score is better.
        sizes: How wrong each prediction is, of shape `(examples,)`; what is right is 0
            or less.
        columns: Texts or numbers of shape `(examples,)` by name: the target, the
            prediction, and how sure it is.
    """

    name: str
    scores: np.ndarray
    higher_is_better: bool
    sizes: np.ndarray
    columns: dict[str, np.ndarray]


class Targets(ABC):
    """Target encoding fitted on a training split; a frozen dataclass.

    It is saved with the model, so that new data is encoded the same way.
    """

    origin: ClassVar[Origin] = "given"
    """Source of targets."""
    each_predicted: ClassVar[bool] = True
    """Whether each example has a prediction that `predictions` returns."""
    level: ClassVar[Level | None] = None
    """Option for the columns of `calibrated`; None if there are none."""

    @abstractmethod
    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of the model's output for one example."""

    @property
    @abstractmethod
    def num_outputs(self) -> int | None:
        """Units of the model's output layer, or None if it has no such layer."""

    @property
    def output_range(self) -> tuple[float, ...] | None:
        """The least and the greatest encoded target of the training split.

        Of several numbers, those of each follow one another. None if they are not kept,
        as of classes.
        """
        return None

    def named(self, names: Sequence[str]) -> Self:
        """Return the encoding with the names that the data have for its targets.

        Args:
            names: A name for each target; empty if the data have none.
        """
        return self

    @abstractmethod
    def encode(
        self, raw: np.ndarray, rows: np.ndarray, source: str, name: str = "y"
    ) -> np.ndarray:
        """Return the targets of some rows, encoded for the loss.

        Args:
            raw: Raw targets of shape `(examples, …)`.
            rows: Row numbers.
            source: Name of the set or path of the file, for messages.
            name: Name of the array, for messages.

        Raises:
            DataError: If the model cannot predict one of them.
        """

    @abstractmethod
    def score(self, encoded: np.ndarray, outputs: np.ndarray) -> dict[str, float]:
        """Return the metrics of the model's outputs, in units of the raw targets.

        Args:
            encoded: Targets that `encode` returned.
            outputs: Outputs of the model for the same examples.

        Returns:
            The scores that are defined, the most important ones first.
        """

    def undefined(self, encoded: np.ndarray) -> dict[str, str]:
        """Return the scores that `score` leaves out for targets, each with the reason."""
        return {}

    def partial(self, encoded: np.ndarray) -> dict[str, str]:
        """Return the scores that leave out a part of the targets, each with what."""
        return {}

    def score_resamples(
        self, name: str, encoded: np.ndarray, outputs: np.ndarray, counts: np.ndarray
    ) -> np.ndarray | None:
        """Return one score of several resamples of the examples.

        Args:
            name: Name of the score.
            encoded: Targets that `encode` returned.
            outputs: Outputs of the model for the same examples.
            counts: How often each resample holds each example, float64 of shape
                `(resamples, examples)`.

        Returns:
            Floats of shape `(resamples,)`, NaN where the score is undefined; None if
            this score has no fast way.
        """
        return None

    def details(self, encoded: np.ndarray, outputs: np.ndarray) -> dict[str, Any]:
        """Return JSON values about predictions that are no scores, for `result.json`."""
        return {}

    def figures(self, test: Pair, validation: Pair | None) -> list[Figure]:
        """Return what the report of a run shows of its predictions.

        Args:
            test: Targets and outputs of the test split.
            validation: Those of the validation split, to calibrate on, if there are any.
        """
        return []

    def errors(self, encoded: np.ndarray, outputs: np.ndarray) -> Errors | None:
        """Return how wrong each prediction is; None if the task has none."""
        return None

    def measures(self, encoded: np.ndarray, outputs: np.ndarray) -> list[Measure]:
        """Return what groups of examples are compared by; nothing if there is none.

        The first measure is over all examples.
        """
        return []

    def explained(self, outputs: np.ndarray) -> np.ndarray | None:
        """Return which output to explain of each example; None if there is none.

        Args:
            outputs: Outputs of the model, of shape `(examples, …)`.

        Returns:
            Integers of shape `(examples,)`, that count the flattened outputs of one.
        """
        return None

    @abstractmethod
    def predictions(
        self, inputs: np.ndarray, outputs: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Return what a model predicts, for people: class names, units of the data.

        Args:
            inputs: Encoded inputs of shape `(examples, …)`.
            outputs: Outputs of the model for them.

        Returns:
            A column of shape `(examples,)` for each name; numbers, or objects that are
            `str`.

        Raises:
            ConfigError: If the task has no prediction for an example.
        """

    def captions(self, encoded: np.ndarray) -> list[str]:
        """Return a few words for each target, to stand beneath a picture."""
        return [""] * len(encoded)

    def residuals(self, encoded: np.ndarray, outputs: np.ndarray) -> np.ndarray | None:
        """Return how far predictions are from targets, to calibrate on.

        Returns:
            Floats of shape `(examples,)` or `(examples, targets)`; None if nothing is
            calibrated.
        """
        return None

    def calibrated(
        self,
        inputs: np.ndarray,
        outputs: np.ndarray,
        residuals: Sequence[Sequence[float]],
        level: float | None,
    ) -> dict[str, np.ndarray]:
        """Return what the residuals of the validation split say about predictions.

        Args:
            inputs: Encoded inputs of shape `(examples, …)`.
            outputs: Outputs of the model for them.
            residuals: Absolute residuals of the validation split in ascending order, for
                each target that has some.
            level: Value of the option `level`; None if there are too few residuals.

        Returns:
            A column of shape `(examples,)` for each name.
        """
        return {}

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON values that `Task.targets_from_json` reads."""
        return asdict(cast(Any, self))
