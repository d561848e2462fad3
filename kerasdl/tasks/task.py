"""Base class of a prediction task."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from kerasdl.data.signature import Signature
from kerasdl.data.targets import Origin, Targets
from kerasdl.errors import ConfigError
from kerasdl.figures import Figure
from kerasdl.finding import Finding
from kerasdl.tasks.measured import Measured, Predicted
from kerasdl.tasks.outputs import predicted

if TYPE_CHECKING:
    import keras

    from kerasdl.config import Config
    from kerasdl.data import Dataset, Examples


class Task(ABC):
    """Prediction task: the meaning of targets, their loss, metrics and baselines.

    A kind of data carries raw targets without interpreting them.
    """

    name: ClassVar[str]
    """Value of `data.task`."""
    takes_data_of: ClassVar[str]
    """Name of a built-in task whose data sets this task also accepts."""
    metrics: ClassVar[dict[str, Literal["min", "max"]]]
    """Training metrics besides the loss, each with its direction of improvement."""
    scores: ClassVar[dict[str, Literal["min", "max"]]] = {}
    """Scores of predictions, each with its direction of improvement. `Targets.score`
    returns those that are defined."""
    headline: ClassVar[str]
    """Test score that is compared with the baselines."""
    has_classes: ClassVar[bool] = False
    """Whether targets are classes, which allows label smoothing."""
    counts_classes: ClassVar[bool] = False
    """Whether `data.num_classes` has a meaning."""
    stratified: ClassVar[bool] = False
    """Whether splits are stratified by target."""
    weighs_classes: ClassVar[bool] = False
    """Whether `training.class_weights` has a meaning; `weights` then follows it."""
    mixes: ClassVar[bool] = False
    """Whether Mixup and CutMix are allowed; targets are then class probabilities."""
    origin: ClassVar[Origin] = "given"
    """Source of targets."""
    several_targets: ClassVar[bool] = False
    """Whether an example may have several targets, such as columns of a table."""
    names_rows: ClassVar[bool] = False
    """Whether predictions say what they are of, since rows of the data have none each."""
    learns: ClassVar[bool] = True
    """Whether models are trained for it; others are imported."""
    writes_text: ClassVar[bool] = False
    """Whether its models write text, token by token."""
    decodes: ClassVar[bool] = False
    """Whether a prediction is a text, token by token from the logits of its models."""
    smallest_test_set: ClassVar[int] = 1
    """Minimum number of test examples for the score."""

    def __init_subclass__(cls) -> None:
        """Check that a subclass sets the attributes without defaults.

        Raises:
            TypeError: With the first missing attribute.
        """
        for attribute in ("name", "takes_data_of", "metrics", "headline"):
            if getattr(cls, attribute, None) is None:
                raise TypeError(f"{cls.__name__} must set `{attribute}`")

    @classmethod
    def meaningless(cls) -> dict[str, Any]:
        """Return the keys without meaning in the task, each with its neutral value."""
        keys: dict[str, Any] = {}
        if not cls.has_classes:
            keys |= {"loss.label_smoothing": 0.0, "loss.smoothing": "uniform"}
        if not cls.mixes:
            keys |= {"training.mixup": 0.0, "training.cutmix": 0.0}
        if not cls.weighs_classes:
            keys |= {"training.class_weights": "none"}
        if not cls.counts_classes:
            keys |= {"data.num_classes": "auto"}
        if not cls.scores:
            keys |= {"training.validation_scores": False}
        return keys

    def direction(self, monitor: str) -> Literal["min", "max"]:
        """Return whether a metric or score should be minimised or maximised.

        The loss is minimised, and a headline that is in neither `metrics` nor `scores`.

        Raises:
            KeyError: If the task has no such metric or score.
        """
        metric = monitor.removeprefix("val_")
        known = self.scores | self.metrics
        is_falling = metric in ("loss", self.headline) and metric not in known
        return "min" if is_falling else known[metric]

    def is_score_alone(self, monitor: str) -> bool:
        """Return whether `monitor` is a score that validation itself does not measure."""
        metric = monitor.removeprefix("val_")
        return metric in self.scores and metric not in self.metrics

    def check(  # noqa: B027  most tasks have nothing to check
        self, raw: np.ndarray, num_classes: int | Literal["auto"], source: str
    ) -> None:
        """Raise `DataError` unless raw training targets are valid for the task.

        Args:
            raw: All targets, of shape `(examples, …)`.
            num_classes: Value of `data.num_classes`.
            source: Name of the set or path of the file, for messages.
        """

    @abstractmethod
    def fit(
        self,
        raw: np.ndarray | None,
        rows: np.ndarray,
        signature: Signature,
        num_classes: int | Literal["auto"],
        source: str,
    ) -> Targets:
        """Fit the target encoding on raw targets that passed `check`.

        Args:
            raw: All targets of shape `(examples, …)`, or None if the data has none.
            rows: Row numbers of the training split.
            signature: The inputs of the model.
            num_classes: Value of `data.num_classes`.
            source: Name of the set or path of the file, for messages.
        """

    @abstractmethod
    def targets_from_json(self, values: dict[str, Any]) -> Targets:
        """Return the target encoding that `Targets.to_json` describes.

        Raises:
            KeyError, TypeError, ValueError: If the values are damaged.
        """

    @abstractmethod
    def loss(self, config: "Config") -> "keras.losses.Loss":
        """Return the training loss."""

    @abstractmethod
    def keras_metrics(self, config: "Config") -> "list[keras.metrics.Metric]":
        """Return metrics for `model.compile`, named as in `metrics`."""

    @abstractmethod
    def baselines(
        self, config: "Config", dataset: "Dataset"
    ) -> dict[str, dict[str, Any]]:
        """Return the test scores of simple models by name.

        An entry may also hold `outputs`: what a network would return for the test
        examples. They give the interval of its difference to the network, and are not
        stored.
        """

    def measure(
        self,
        model: "keras.Model",
        examples: "Examples",
        targets: Targets,
        config: "Config",
        batch_size: int,
    ) -> Measured:
        """Return the training loss and the scores; without them if the loss is not finite.

        Args:
            model: The model.
            examples: The examples to score.
            targets: The target encoding fitted on the training split.
            config: The config of the run.
            batch_size: Examples per batch.
        """
        import keras

        if (whole := examples.resident()) is None:
            y, outputs = predicted(model, examples, batch_size)
        else:
            x, y = whole
            outputs = model.predict(x, batch_size=batch_size, verbose=0)
        loss = keras.ops.mean(
            self.loss(config)(self.as_trained(config, y, targets), outputs)
        )
        value = float(keras.ops.convert_to_numpy(loss))
        scores, undefined = {"loss": value}, targets.undefined(y)
        if math.isfinite(value):
            scores |= targets.score(y, outputs)
        return Measured(scores, undefined, Predicted(y, outputs), targets.partial(y))

    def streamed_figures(
        self, model: "keras.Model", dataset: "Dataset", batch_size: int, seed: int
    ) -> list[Figure]:
        """Return what a report shows of predictions that do not fit in memory.

        Args:
            model: The model.
            dataset: The splits, of which the test split is shown.
            batch_size: Examples per batch.
            seed: Seed of what is drawn.
        """
        return []

    def scored(
        self,
        model: "keras.Model",
        examples: "Examples",
        targets: Targets,
        batch_size: int,
    ) -> Measured:
        """Return the scores without the loss; none of predictions that overflow."""
        found = predicted(model, examples, batch_size)
        scores = targets.score(*found) if found.is_finite else {}
        return Measured(scores, {}, found)

    def weights(
        self, config: "Config", encoded: np.ndarray, targets: Targets, given: np.ndarray
    ) -> np.ndarray:
        """Return the weight of each training example in the loss; only ratios matter.

        Args:
            config: The config of the run.
            encoded: Encoded targets of the training examples.
            targets: The target encoding.
            given: Weights from the data, float64 of shape `(examples,)`; 1 if the data
                give none.

        Raises:
            DataError: If `training.class_weights` does not fit the classes.
        """
        return given

    def findings(
        self,
        config: "Config",
        encoded: np.ndarray,
        targets: Targets,
        weights: np.ndarray | None,
    ) -> Iterable[Finding]:
        """Return what the user should know about the targets of training examples.

        Args:
            config: The config of the run.
            encoded: Encoded targets of the training examples.
            targets: The target encoding.
            weights: Weight of each training example, as the data give it; None if they
                give none.
        """
        return ()

    def as_trained(
        self, config: "Config", encoded: np.ndarray, targets: Targets
    ) -> np.ndarray:
        """Convert encoded targets to the form that the loss of this config takes."""
        return encoded

    def faults(self, data: Any, loss: Any, training: Any) -> list[ConfigError]:
        """Return errors for keys of these tables that have no meaning in this task."""
        tables, faults = {"data": data, "loss": loss, "training": training}, []
        for name, neutral in self.meaningless().items():
            table, _, key = name.partition(".")
            if (value := getattr(tables[table], key)) != neutral:
                what = f"{name} (={value!r}) has no meaning in {self.name}"
                hint = f"remove it or set it to {neutral!r}"
                faults.append(ConfigError(what, hint))
        return faults
